// The kinds of machine, one file each; make_machine chooses. The spec is one that can be (trace::fault_of).
#pragma once

#include <cstdint>
#include <memory>

#include "core/replay/machine.h"

namespace allocviz::replay {

using MadeMachine = trace::Result<std::unique_ptr<Machine>>;

[[nodiscard]] MadeMachine make_buddy_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count);
[[nodiscard]] MadeMachine make_bump_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count);
[[nodiscard]] MadeMachine make_slab_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count);
[[nodiscard]] MadeMachine make_tiered_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count);
// The trace outlives the machine.
[[nodiscard]] MadeMachine make_recorded_machine(const trace::AllocatorSpec& spec, const trace::Trace& trace);

}  // namespace allocviz::replay
