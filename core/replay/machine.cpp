#include "core/replay/machine.h"

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
  return trace::Trouble{"a recorded heap is made of a log", {}, "open a log with addresses"};
}

trace::Result<std::unique_ptr<Machine>> make_machine(const trace::AllocatorSpec& spec, const trace::Trace& trace) {
  if (spec.kind == trace::AllocatorKind::Recorded) return make_recorded_machine(spec, trace);
  return make_machine(spec, trace.slot_count());
}

}  // namespace allocviz::replay
