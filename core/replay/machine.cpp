#include "core/replay/machine.h"

#include <fmt/format.h>

#include "core/replay/machines.h"

namespace allocviz::replay {

trace::Result<std::unique_ptr<Machine>> make_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count) {
  if (auto fault = trace::fault_of(spec)) return std::move(*fault);
  switch (spec.kind) {
    case trace::AllocatorKind::Buddy:
      return make_buddy_machine(spec, slot_count);
    case trace::AllocatorKind::Bump:
      return make_bump_machine(spec, slot_count);
    case trace::AllocatorKind::Slab:
      return make_slab_machine(spec, slot_count);
    case trace::AllocatorKind::Tiered:
      return make_tiered_machine(spec, slot_count);
    case trace::AllocatorKind::Recorded:
      break;
  }
  return trace::Trouble{
      fmt::format("{} cannot be replayed yet", trace::kind_text(spec.kind)), {}, "choose buddy, bump, slab or tiered"};
}

}  // namespace allocviz::replay
