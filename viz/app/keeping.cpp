#include "viz/app/keeping.h"

#include <atomic>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "core/replay/timeline.h"
#include "core/trace/cache.h"

namespace allocviz::app {

// A worker that writes one thing after the other until there is no more.
class Keeping {
 public:
  using Job = std::function<void(const trace::Progress&)>;

  explicit Keeping(std::deque<Job> jobs) : jobs_(std::move(jobs)), worker_([this] { work(); }) {}
  Keeping(const Keeping&) = delete;
  Keeping& operator=(const Keeping&) = delete;
  ~Keeping() {
    give_up();
    worker_.join();
  }

  // False when it is too late: it has ended.
  [[nodiscard]] bool add(std::deque<Job>& jobs) {
    const std::scoped_lock lock(mutex_);
    if (ended_) return false;
    for (Job& job : jobs) jobs_.push_back(std::move(job));
    return true;
  }
  void give_up() { cancel_ = true; }
  [[nodiscard]] bool ended() {
    const std::scoped_lock lock(mutex_);
    return ended_;
  }

 private:
  void work() {
    trace::Progress progress;
    progress.cancelled = [this] { return cancel_.load(); };
    while (const Job job = next()) {
      try {
        job(progress);
      } catch (const std::exception&) {
        // The machine ran out of something: it is read and replayed again.
      }
    }
  }
  Job next() {
    const std::scoped_lock lock(mutex_);
    ended_ = jobs_.empty() || cancel_;
    if (ended_) return {};
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  std::atomic<bool> cancel_{false};
  std::mutex mutex_;
  std::deque<Job> jobs_;
  bool ended_ = false;
  std::thread worker_;  // last: it begins when all else is there
};

std::optional<replay::KeptReplays> kept_replays(const State& state) {
  const Document& document = state.document;
  const trace::CachePolicy& policy = state.long_logs.cache;
  if (policy.folder.empty() || !state.settings.keep_logs || !document.log) return {};
  if (document.log->trace != document.trace) return {};  // events were put in by hand
  return replay::KeptReplays{policy, document.log->mark};
}

void start_keeping(State& state) {
  const auto where = kept_replays(state);
  if (!where) return;
  std::deque<Keeping::Job> jobs;
  LogOf& log = *state.document.log;
  // What somebody wrote into it is not what the file says.
  if (std::exchange(log.read, false) && state.document.saved_texts.empty()) {
    // The header is the window's own: it changes with the allocators, so a copy is written.
    jobs.push_back([where, header = log.trace->header(), trace = log.trace](const trace::Progress& progress) {
      (void)trace::write_cached(where->policy, where->mark, *trace, header, progress);
    });
  }
  for (Stage& stage : state.stages) {
    if (std::exchange(stage.kept, true)) continue;
    jobs.push_back([where, spec = stage.timeline->spec(), account = stage.timeline->account()](
                       const trace::Progress& progress) { (void)replay::keep(*where, *account, spec, progress); });
  }
  if (jobs.empty()) return;
  if (state.keeping != nullptr && state.keeping->add(jobs)) return;
  state.keeping = std::make_shared<Keeping>(std::move(jobs));
}

void stop_keeping(State& state) {
  state.keeping = nullptr;
}

void give_up_keeping(State& state) {
  if (state.keeping != nullptr) state.keeping->give_up();
}

void poll_keeping(State& state) {
  if (state.keeping != nullptr && state.keeping->ended()) state.keeping = nullptr;
}

}  // namespace allocviz::app
