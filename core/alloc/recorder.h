// A wrapper that tells a sink what is asked of an allocator and what was answered. Freestanding; keeps nothing itself.
//
//   container -> Resource -> Recorder -> Buddy
//                               |
//                               +-> sink(Recorded)        one call a request, after the answer
//
// It stands wherever the allocator could: behind the adaptors, as the upstream of On, in your own code. Whether a
// record becomes a line of a file, an entry of a ring or a byte on a wire is the sink's affair.
// For one thread at a time.
#pragma once

#include "result.h"

namespace allocviz::alloc {

enum class Request : std::uint8_t { Allocate, Deallocate, Reallocate, Reset };

struct Recorded {
  Request request = Request::Allocate;
  Error why = Error::None;  // None: done; else nothing changed
  Layout layout = {0, 1};   // what was asked for, as it was asked; of a Deallocate and a Reset {0, 1}
  void* before = nullptr;   // the block it was about: of a Deallocate and a Reallocate
  void* after = nullptr;    // the answer: of an Allocate and a Reallocate; null when refused
  usize number = 0;         // of the record, from 0
};

template <class A, class Sink>
class Recorder {
 public:
  // The allocator must outlive it. The sink is called as sink(const Recorded&).
  constexpr Recorder(A& allocator, Sink sink) : allocator_(&allocator), sink_(static_cast<Sink&&>(sink)) {}

  [[nodiscard]] Allocation allocate(Layout layout) {
    const Allocation got = allocator_->allocate(layout);
    tell({.request = Request::Allocate, .why = got.why, .layout = layout, .after = got.ptr});
    return got;
  }
  Error deallocate(void* ptr) {
    const Error why = allocator_->deallocate(ptr);
    tell({.request = Request::Deallocate, .why = why, .before = ptr});
    return why;
  }
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout) requires requires(A& a) { a.reallocate(ptr, layout); }
  {
    const Allocation got = allocator_->reallocate(ptr, layout);
    tell({.request = Request::Reallocate, .why = got.why, .layout = layout, .before = ptr, .after = got.ptr});
    return got;
  }
  // Of a bump allocator, which is told the old size.
  [[nodiscard]] Allocation reallocate(void* ptr, usize old_size, Layout layout) requires requires(A& a) {
    a.reallocate(ptr, old_size, layout);
  }
  {
    const Allocation got = allocator_->reallocate(ptr, old_size, layout);
    tell({.request = Request::Reallocate, .why = got.why, .layout = layout, .before = ptr, .after = got.ptr});
    return got;
  }
  void reset() requires requires(A& a) { a.reset(); }
  {
    allocator_->reset();
    tell({.request = Request::Reset});
  }

  // The allocator itself, for everything that changes nothing.
  [[nodiscard]] constexpr const A& allocator() const { return *allocator_; }
  [[nodiscard]] constexpr Sink& sink() { return sink_; }

 private:
  void tell(Recorded record) {
    record.number = count_++;
    sink_(static_cast<const Recorded&>(record));
  }

  A* allocator_;
  [[no_unique_address]] Sink sink_;
  usize count_ = 0;
};

}  // namespace allocviz::alloc
