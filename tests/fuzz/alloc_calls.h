// Bytes become calls on an allocator, and every answer is held against what the walk before it says must come: for the
// targets of alloc_fuzz.cpp. Whatever does not hold ends the program and leaves the stream as a trace.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/saved_stream.h"

namespace allocviz::test {

using alloc::Allocation;
using alloc::Error;
using alloc::Extent;
using alloc::Layout;
using alloc::Range;
using alloc::Use;

inline SavedStream* asked = nullptr;  // of the run under way

// Also called when a sanitizer ends the program.
inline void save() {
  if (asked != nullptr && asked->write("failed-stream.jsonl", "found by the fuzzer")) {
    std::fputs("what was asked up to here, as a trace: failed-stream.jsonl\n", stderr);
  }
}
[[noreturn]] inline void stop(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  save();
  std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::size_t byte() { return left_ == 0 ? 0 : (--left_, *data_++); }
  std::size_t word() { return byte() << 8 | byte(); }
  // A size and an alignment, which now and then is no power of two.
  Layout layout() {
    const std::size_t size = word();
    const std::size_t align = byte();
    return {size, align % 8 == 7 ? align : std::size_t{1} << align % 16};
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

template <class A>
concept KnowsSizes = requires(const A& allocator) {
  allocator.usable_size(nullptr);
};

// What a release of the pointer must be answered with, told from the walk.
template <class A>
Error expected_release(const A& allocator, const void* ptr) {
  const std::size_t at = allocator.arena().offset_of(ptr);
  if (at >= allocator.size()) return Error::Foreign;
  if constexpr (!KnowsSizes<A>) {
    if (allocator.outstanding() == 0) return Error::NothingOutstanding;
    return at < allocator.mark() ? Error::Foreign : Error::None;
  } else {
    Error expected = Error::None;
    allocator.walk([&](const Extent& extent) {
      if (at - extent.offset >= extent.size) return;
      if (extent.use == Use::Gap) {
        expected = Error::NotManaged;
      } else if (extent.use == Use::Rest || at != extent.offset) {
        expected = Error::InsideBlock;
      } else if (extent.use != Use::Live) {
        expected = Error::DoubleFree;
      }
    });
    return expected;
  }
}

// One allocator and what is in its blocks. The stream of a run is written when the run does not come to its end.
template <class A>
class Calls {
 public:
  Calls(A& allocator, std::string spec) : allocator_(allocator), stream_(std::move(spec)) { asked = &stream_; }
  ~Calls() { asked = nullptr; }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  Allocation allocate(Layout wanted) {
    const Allocation got = allocator_.allocate(wanted, [&](const alloc::Step&) { (void)allocator_.free_bytes(); });
    stream_.allocate(wanted.size, wanted.align, place_of(got));
    if (got) given(got, wanted);
    return got;
  }
  void reallocate(void* ptr, Layout wanted) requires KnowsSizes<A> {
    const std::size_t from = allocator_.arena().offset_of(ptr);
    const auto old = blocks_.find(from);
    const Allocation got = allocator_.reallocate(ptr, wanted);
    stream_.reallocate(from, wanted.size, wanted.align, place_of(got));
    if (got && old != blocks_.end()) {
      expect_intact(got.ptr, old->second.paint, std::min(old->second.size, wanted.size));
      blocks_.erase(old);
    }
    if (got) given(got, wanted);
  }
  void deallocate(void* ptr) {
    const std::size_t at = allocator_.arena().offset_of(ptr);
    const Error expected = expected_release(allocator_, ptr);
    const auto state = allocator_.state();
    if (const auto block = blocks_.find(at); block != blocks_.end() && KnowsSizes<A>) {
      expect_intact(ptr, block->second.paint, block->second.size);
      blocks_.erase(block);
    }
    stream_.deallocate(at);
    if (allocator_.deallocate(ptr) != expected) stop("a release was answered otherwise than its walk says");
    const auto& now = allocator_.state();
    if (expected != Error::None && std::memcmp(&state, &now, sizeof state) != 0) stop("a refusal changed the state");
    if constexpr (!KnowsSizes<A>) {
      if (expected == Error::None) expect_counted(state, now);
      if (now.outstanding == 0) blocks_.clear();
    }
  }
  // The block stays where it is. Of what it holds, what still fits does.
  void resized(void* ptr, std::size_t size) {
    if (const auto block = blocks_.find(allocator_.arena().offset_of(ptr)); block != blocks_.end()) {
      block->second.size = std::min(block->second.size, size);
    }
  }
  void mark(const char* name) { stream_.mark(name); }
  void forget() { blocks_.clear(); }

  // A pointer that may be anything, mostly one that was given out.
  void* pointer(Input& in) const {
    const std::size_t which = in.word();
    if (which % 4 != 0 && !pointers_.empty()) return pointers_[which % pointers_.size()];
    return reinterpret_cast<void*>(allocator_.arena().address() + which);
  }

  void expect_sound() const {
    std::size_t at = 0;
    allocator_.walk([&](const Extent& extent) {
      if (extent.offset != at) stop("the walk does not tile");
      at += extent.size;
    });
    if (at != allocator_.size()) stop("the walk does not come to the end");
    if (!allocator_.check().holds()) stop(allocator_.check().text);
  }
  // Everything that is still out is as it was painted.
  void expect_all_intact() const {
    for (const auto& [at, block] : blocks_) expect_intact(allocator_.arena().at(at), block.paint, block.size);
  }

 private:
  struct Painted {
    std::size_t size;
    unsigned char paint;
  };
  [[nodiscard]] std::size_t place_of(const Allocation& got) const {
    return got ? allocator_.arena().offset_of(got.ptr) : SavedStream::kNowhere;
  }
  void given(const Allocation& got, Layout wanted) {
    if (!allocator_.owns(got.ptr)) stop("an answer is no block");
    if ((reinterpret_cast<std::uintptr_t>(got.ptr) & (wanted.align - 1)) != 0) stop("an answer is not aligned");
    if constexpr (KnowsSizes<A>) {
      if (allocator_.usable_size(got.ptr) < wanted.size) stop("an answer is too small");
    }
    pointers_.push_back(got.ptr);
    blocks_[place_of(got)] = {wanted.size, ++paint_};
    std::memset(got.ptr, paint_, wanted.size);
  }
  // A release from a bump: the mark goes back to the top with the last one, and only then.
  template <class State>
  void expect_counted(const State& before, const State& now) const {
    if (now.outstanding + 1 != before.outstanding) stop("a release was not counted");
    if (now.mark != (now.outstanding == 0 ? allocator_.size() : before.mark)) stop("the mark is not where it must be");
  }
  static void expect_intact(const void* ptr, unsigned char paint, std::size_t size) {
    const auto* const bytes = static_cast<const unsigned char*>(ptr);
    for (std::size_t i = 0; i < size; ++i) {
      if (bytes[i] != paint) stop("a live block was written over");
    }
  }

  A& allocator_;
  SavedStream stream_;
  std::vector<void*> pointers_;
  std::map<std::size_t, Painted> blocks_;
  unsigned char paint_ = 0;
};

}  // namespace allocviz::test
