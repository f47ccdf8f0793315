#include "viz/app/keeping.h"

#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

namespace allocviz::app {

struct Keeping {
  std::atomic<bool> cancel{false}, done{false};
  std::thread worker;

  Keeping() = default;
  Keeping(const Keeping&) = delete;
  Keeping& operator=(const Keeping&) = delete;
  ~Keeping() {
    cancel = true;
    if (worker.joinable()) worker.join();
  }
};

void start_keeping(State& state, const trace::FileMark& mark) {
  stop_keeping(state);
  auto keeping = std::make_shared<Keeping>();
  // The header is the window's own: it changes with the allocators, so a copy is written.
  keeping->worker =
      std::thread([raw = keeping.get(), mark, policy = state.long_logs.cache, header = state.document.trace->header(),
                   trace = std::shared_ptr<const trace::Trace>(state.document.trace)] {
        trace::Progress progress;
        progress.cancelled = [raw] { return raw->cancel.load(); };
        try {
          (void)trace::write_cached(policy, mark, *trace, header, progress);
        } catch (const std::exception&) {
          // The machine ran out of something: it is opened from the log again.
        }
        raw->done = true;
      });
  state.keeping = std::move(keeping);
}

void stop_keeping(State& state) {
  state.keeping = nullptr;
}

void give_up_keeping(State& state) {
  if (state.keeping != nullptr) state.keeping->cancel = true;
}

void poll_keeping(State& state) {
  if (state.keeping != nullptr && state.keeping->done) state.keeping = nullptr;
}

}  // namespace allocviz::app
