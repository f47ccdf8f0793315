#include "core/replay/ahead.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "core/replay/builder.h"

namespace allocviz::replay {
namespace {

constexpr std::uint64_t kFromEvents = 1 << 16;  // with fewer there is nothing to gain, and most to guess
constexpr int kMostAtOnce = 3;                  // chunks, while as much was read

// A run of requests on its way from one thread to the other.
struct Chunk {
  std::uint64_t attempt = 0;  // which replay it belongs to: each beginning anew is one more
  std::uint32_t slot_count = 0;
  std::vector<trace::Event> events;
};

// One attempt: a machine and what its pass has found.
struct Attempt {
  Attempt(std::unique_ptr<Machine> made, const TimelineOptions& options)
      : machine(std::move(made)),
        account(machine->spec().kind, options.keyframe_budget_bytes),
        pass(account, *machine, options) {}

  std::unique_ptr<Machine> machine;
  Account account;
  Pass pass;
};

}  // namespace

class ReplayAhead::Worker {
 public:
  explicit Worker(const TimelineOptions& options) : options_(options), thread_([this] { work(); }) {}
  ~Worker() {
    stop_ = true;
    end();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // ---- the reading thread's

  void offer(const trace::TraceBuilder& builder, const trace::AllocatorSpec& spec) {
    const std::uint64_t align = builder.default_align();
    if (attempt_ == 0 || !(spec == spec_) || align != align_) begin(spec, align);
    // Where it began anew it comes nearer with each call, and reading goes on.
    for (int copied = 0; copied < kMostAtOnce && next_ + trace::TraceBuilder::kWatchedEvents <= builder.size();
         ++copied) {
      Chunk* const chunk = room();
      if (chunk == nullptr) return;
      chunk->attempt = attempt_;
      chunk->slot_count = builder.slot_count();
      chunk->events.resize(trace::TraceBuilder::kWatchedEvents);
      builder.requests(next_, chunk->events);
      next_ += chunk->events.size();
      pass_on();
    }
  }
  // What it got to, where that is a beginning of this trace's replay with this spec; else null. Ends the thread.
  [[nodiscard]] std::unique_ptr<Attempt> take(const trace::Trace& trace, const trace::AllocatorSpec& spec) {
    end();
    const bool same = attempt_ == under_way_ && spec == spec_ && trace.header().default_align.value_or(1) == align_;
    return same ? std::move(replay_) : nullptr;
  }

 private:
  void begin(const trace::AllocatorSpec& spec, std::uint64_t align) {
    const std::scoped_lock lock(mutex_);
    spec_ = spec;
    align_ = align;
    next_ = 0;
    ++attempt_;
  }
  Chunk* room() {
    const std::scoped_lock lock(mutex_);
    return filled_ - emptied_ == ring_.size() ? nullptr : &ring_[filled_ % ring_.size()];
  }
  void pass_on() {
    {
      const std::scoped_lock lock(mutex_);
      ++filled_;
    }
    changed_.notify_one();
  }
  void end() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  // ---- the replaying thread's

  void work() {
    for (;;) {
      Chunk* chunk = nullptr;
      trace::AllocatorSpec spec;
      bool current = false;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_ || filled_ != emptied_; });
        if (filled_ == emptied_ || stop_) return;
        chunk = &ring_[emptied_ % ring_.size()];
        current = chunk->attempt == attempt_;
        spec = spec_;
      }
      if (current) replay(*chunk, spec);
      const std::scoped_lock lock(mutex_);
      ++emptied_;
    }
  }
  void replay(const Chunk& chunk, const trace::AllocatorSpec& spec) {
    if (chunk.attempt != under_way_) {
      under_way_ = chunk.attempt;
      replay_ = nullptr;
      auto machine = make_machine(spec, chunk.slot_count);
      if (machine.ok()) replay_ = std::make_unique<Attempt>(std::move(machine).value(), options_);
    }
    if (replay_ == nullptr) return;  // whoever builds the timeline will be told why
    replay_->machine->make_room(chunk.slot_count);
    replay_->pass.apply(chunk.events);
  }

  const TimelineOptions& options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Chunk, 8> ring_;
  std::uint64_t filled_ = 0, emptied_ = 0;  // chunks, in all
  std::uint64_t attempt_ = 0;               // with spec_: written by the reading thread only
  trace::AllocatorSpec spec_;
  bool ended_ = false;
  std::atomic<bool> stop_ = false;

  std::uint64_t next_ = 0, align_ = 1;  // the reading thread's

  std::uint64_t under_way_ = 0;  // the replaying thread's, as long as it runs
  std::unique_ptr<Attempt> replay_;

  std::thread thread_;  // last: it begins when all else is there
};

ReplayAhead::ReplayAhead(std::optional<trace::AllocatorSpec> chosen, TimelineOptions options)
    : chosen_(std::move(chosen)), options_(options) {}
ReplayAhead::~ReplayAhead() = default;

void ReplayAhead::grown(const trace::TraceBuilder& builder) {
  if (builder.size() < kFromEvents) return;
  const trace::AllocatorSpec spec = chosen_ ? *chosen_ : builder.specs_to_open().front();
  if (spec.kind == trace::AllocatorKind::Recorded) return;  // is made of the whole trace
  if (worker_ == nullptr) worker_ = std::make_unique<Worker>(options_);
  worker_->offer(builder, spec);
}

trace::Result<std::unique_ptr<Timeline>> ReplayAhead::finish(std::shared_ptr<const trace::Trace> trace,
                                                             const trace::AllocatorSpec& spec,
                                                             const trace::Progress& progress) {
  const std::unique_ptr<Attempt> begun = worker_ == nullptr ? nullptr : worker_->take(*trace, spec);
  if (begun == nullptr || begun->pass.applied() > trace->size())
    return Timeline::build(std::move(trace), spec, progress, options_);
  went_on_at_ = begun->pass.applied();
  begun->machine->make_room(trace->slot_count());
  if (trace::Status done = begun->pass.apply_rest(*trace, progress); !done.ok()) return std::move(done).trouble();
  begun->pass.finish();
  return timeline_of(std::move(trace), std::move(begun->machine), std::move(begun->account));
}

}  // namespace allocviz::replay
