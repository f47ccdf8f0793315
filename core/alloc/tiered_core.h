// The tiered algorithm itself, on memory that somebody else owns; tiered.h is its interface and states the invariants.
// Freestanding.
#pragma once

#include "buddy.h"
#include "tiered_slabs.h"

namespace allocviz::alloc {

template <class Policy>
class TieredCore {
 public:
  using Below = Buddy<RuntimeBuddy, Policy>;
  using Slabs = TieredSlabs<Policy>;

  constexpr TieredCore() = default;
  TieredCore(Below&& below, Slabs slabs, const TieredGeometry& geometry)
      : below_(static_cast<Below&&>(below)), slabs_(slabs), geometry_(geometry) {}

  // A block of its class; where no slab of that has room, from a new slab; where the buddy has no block for one, from
  // the buddy itself; where it has none either, from the next larger class that has room. It takes a layout's numbers,
  // which go in registers: a whole Layout is written to the stack in parts and read in one piece, for which a processor
  // waits.
  template <class S>
  Allocation allocate(usize size, usize align, S& sink) {
    if (Policy::kChecked && !is_power_of_two(align)) [[unlikely]]
      return {nullptr, fail(Error::AlignTooLarge, sink)};
    const usize wanted = geometry_.class_for(size, align);
    if (wanted == geometry_.class_count()) return below_.core_.allocate_run({size, align}, sink);

    sink(Step{
        .kind = StepKind::Round, .size_class = as_byte(wanted), .size = geometry_.block_size(wanted), .other = size});
    if (has_room(wanted) || make_slab(wanted, sink)) [[likely]]
      return {take_block(wanted, sink)};
    return from_elsewhere(size, align, wanted, sink);
  }

  template <class S>
  Error deallocate(void* ptr, S& sink) {
    const usize offset = arena().offset_of(ptr);
    const usize place = slabs_.place_of(offset);
    if ((Policy::kChecked && offset >= arena().size()) || !slabs_.is_slab(place))
      return below_.core_.deallocate_run(ptr, sink);
    auto core = slabs_.core(place, geometry_);
    auto told = of_slab(place, core, sink);
    if (Policy::kChecked && !core.is_live(core.arena().offset_of(ptr))) [[unlikely]] {
      if (is_rest(offset)) return fail(Error::InsideBlock, sink);
      return core.deallocate(ptr, told);  // which says why not
    }
    // In its list before the block is: who hears of that may look at the lists.
    if (!core.can_allocate()) slabs_.link(place);
    core.deallocate_live(ptr, told);
    slabs_.keep(place, core.state());
    slabs_.count_free(core.block_size(), 0);
    if (core.state().outstanding == 0) {
      slabs_.unmake(place, geometry_);
      (void)below_.deallocate(arena().at(slabs_.offset_of(place)), sink);  // a live block of the buddy: never refused
    }
    return Error::None;
  }

  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S& sink) {
    const usize offset = arena().offset_of(ptr);
    if ((Policy::kChecked && offset >= arena().size()) || !slabs_.is_slab(slabs_.place_of(offset))) {
      return below_.core_.resize_run(ptr, layout, sink);
    }
    if (Policy::kChecked && is_rest(offset)) return Error::InsideBlock;
    const usize place = slabs_.place_of(offset);
    auto core = slabs_.core(place, geometry_);
    auto told = of_slab(place, core, sink);
    return core.resize_in_place(ptr, layout, told);
  }

  void reset() {
    slabs_.forget_all();
    below_.reset();
  }

  // Bytes of the live block that starts at this offset; 0 when none does.
  [[nodiscard]] usize live_bytes(usize offset) const {
    if (offset >= arena().size()) return 0;
    const usize place = slabs_.place_of(offset);
    if (!slabs_.is_slab(place)) return below_.core_.is_live(offset) ? below_.core_.run_bytes_at(offset) : 0;
    const auto core = slabs_.core(place, geometry_);
    return !is_rest(offset) && core.is_live(offset - slabs_.offset_of(place)) ? core.block_size() : 0;
  }
  [[nodiscard]] usize largest_free() const {
    const usize room = slabs_.lists().room;
    const usize in_slabs = room == 0 ? 0 : geometry_.block_size(static_cast<unsigned>(std::bit_width(room)) - 1);
    return in_slabs > below_.largest_free() ? in_slabs : below_.largest_free();
  }

  // A run as one extent.
  template <class F>
  void walk(F&& f) const {
    Extent run;  // as far as it has been seen
    const auto end_run = [&] {
      if (run.size != 0) f(static_cast<const Extent&>(run));
      run.size = 0;
    };
    below_.walk([&](const Extent& extent) {
      if (extent.part) {
        run.size += extent.size;
        run.level = kNoLevel;
        return;
      }
      end_run();
      const usize place = slabs_.place_of(extent.offset);
      if (extent.use != Use::Live) {
        f(extent);
      } else if (extent.offset == slabs_.offset_of(place) && slabs_.is_slab(place)) {
        walk_slab(place, f);
      } else {
        run = extent;
      }
    });
    end_run();
  }
  template <class F>
  void visit_slabs(F&& f) const {
    for (usize place = 0; place < slabs_.places(); ++place) {
      if (slabs_.is_slab(place)) f(slabs_.extent(place, geometry_));
    }
  }
  // Those of a class that have room, the one that serves the next request first.
  template <class F>
  void visit_slabs_with_room(unsigned number, F&& f) const {
    if (!has_room(number)) return;
    for (usize place = slabs_.lists().heads[number]; place != TieredSlab::kEnd; place = slabs_.table()[place].next) {
      f(slabs_.extent(place, geometry_));
    }
  }
  template <class F>
  void visit_free_blocks(unsigned number, F&& f) const {
    visit_slabs_with_room(number, [&](const SlabExtent& slab) {
      const auto core = slabs_.core(slabs_.place_of(slab.offset), geometry_);
      core.visit_list([&](usize offset) { f(slab.offset + offset); });
      for (usize n = slab.state.fresh; n < slab.blocks * slab.block_size; n += slab.block_size) f(slab.offset + n);
    });
  }
  template <class F>
  void visit_links(F&& f) const {
    below_.visit_links(f);
    visit_slabs([&](const SlabExtent& slab) {
      const auto core = slabs_.core(slabs_.place_of(slab.offset), geometry_);
      core.visit_list(
          [&](usize offset) { f(slab.offset + offset, arena().at(slab.offset + offset), sizeof(SlabLink)); });
    });
  }

  [[nodiscard]] constexpr const Arena& arena() const { return below_.arena(); }
  [[nodiscard]] constexpr const TieredGeometry& geometry() const { return geometry_; }
  [[nodiscard]] constexpr Below& below() { return below_; }
  [[nodiscard]] constexpr const Below& below() const { return below_; }
  [[nodiscard]] constexpr Slabs& slabs() { return slabs_; }
  [[nodiscard]] constexpr const Slabs& slabs() const { return slabs_; }

 private:
  // No slab of its class has room, and none can be made: a block of the buddy's own, else one of a larger class.
  template <class S>
  [[gnu::noinline]] Allocation from_elsewhere(usize size, usize align, usize wanted, S& sink) {
    auto attempt = without_failures(sink);
    if (const Allocation run = below_.core_.allocate_run({size, align}, attempt)) return run;
    for (usize larger = slabs_.lists().room & (0 - (usize{1} << wanted)); larger != 0; larger &= larger - 1) {
      const auto number = static_cast<unsigned>(std::countr_zero(larger));
      if (geometry_[number].align >= align) return {take_block(number, sink)};
    }
    return {nullptr, fail(Error::OutOfMemory, sink)};
  }

  [[nodiscard]] static std::uint8_t as_byte(usize number) { return static_cast<std::uint8_t>(number); }
  [[nodiscard]] bool has_room(usize number) const { return (slabs_.lists().room >> number & 1) != 0; }
  // Whether this offset, in a slab, lies behind the last block of it.
  [[nodiscard]] bool is_rest(usize offset) const {
    const usize place = slabs_.place_of(offset);
    return offset - slabs_.offset_of(place) >= geometry_[slabs_.class_of(place)].bytes;
  }

  // A slab of this class, made of a block of the buddy's; false when that has none.
  template <class S>
  [[gnu::noinline]] bool make_slab(usize number, S& sink) {
    sink(Step{.kind = StepKind::Look, .size_class = as_byte(number), .size = geometry_.block_size(number)});
    auto attempt = without_failures(sink);
    const Allocation block = below_.allocate({geometry_.slab_bytes(), geometry_.slab_bytes()}, attempt);
    if (!block) return false;
    slabs_.make(slabs_.place_of(arena().offset_of(block.ptr)), number, geometry_);
    return true;
  }
  // A block of the first slab in this class's list, which has room.
  template <class S>
  void* take_block(usize number, S& sink) {
    const usize place = slabs_.lists().heads[number];
    auto core = slabs_.core(place, geometry_);
    auto told = of_slab(place, core, sink);
    const Allocation block = core.allocate_block(told);
    slabs_.keep(place, core.state());
    slabs_.count_free(0, core.block_size());
    if (!core.can_allocate()) slabs_.unlink(place);
    return block.ptr;
  }

  template <class F>
  void walk_slab(usize place, F& f) const {
    const usize base = slabs_.offset_of(place);
    const auto core = slabs_.core(place, geometry_);
    const auto number = static_cast<std::uint8_t>(slabs_.class_of(place));
    core.walk([&](Extent extent) {
      extent.offset += base;
      extent.size_class = number;
      f(extent);
    });
    const usize used = geometry_[number].bytes;
    if (used != geometry_.slab_bytes()) f(Extent{base + used, geometry_.slab_bytes() - used, Use::Rest, 0, number});
  }

  // A slab's own steps, where they are in the whole; its state is kept before anybody hears of it, who may walk.
  template <class S>
  [[nodiscard]] auto of_slab(usize place, const typename Slabs::Core& core, S& sink) {
    if constexpr (kHeard<S>) {
      return [this, place, &core, &sink](Step step) {
        slabs_.keep(place, core.state());
        step.size_class = as_byte(slabs_.class_of(place));
        if (step.kind == StepKind::Look) step.size = core.block_size();
        const bool has_place = step.kind == StepKind::Pop || step.kind == StepKind::Push || step.kind == StepKind::Take;
        if (has_place) step.offset += slabs_.offset_of(place);
        sink(step);
      };
    } else {
      return NoSteps{};
    }
  }
  // Of an attempt that may fail without the request failing.
  template <class S>
  [[nodiscard]] static auto without_failures(S& sink) {
    if constexpr (kHeard<S>) {
      return [&sink](const Step& step) {
        if (step.kind != StepKind::Fail) sink(step);
      };
    } else {
      return NoSteps{};
    }
  }
  template <class S>
  static Error fail(Error why, S& sink) {
    sink(Step{.kind = StepKind::Fail, .why = why});
    return why;
  }

  Below below_;
  Slabs slabs_;
  TieredGeometry geometry_;
};

}  // namespace allocviz::alloc
