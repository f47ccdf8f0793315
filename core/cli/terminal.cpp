#include "core/cli/terminal.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "core/cli/commands.h"
#include "core/import/importer.h"

namespace allocviz::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilentFor = 300ms;
constexpr auto kBetweenDraws = 50ms;
constexpr std::size_t kBarWidth = 40;

// A signal handler can only reach what is global; nothing else here is.
volatile std::sig_atomic_t g_interrupted = 0;

void on_interrupt(int) {
  g_interrupted = 1;
}

void say(std::string_view text) {
  std::string line = fmt::format("alloctrace: {}", text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

int fail(const trace::Trouble& trouble) {
  say(trouble.text());
  return kExitFailed;
}

int fail_usage(std::string_view what) {
  say(what);
  return kExitUsage;
}

void note(std::string_view text) {
  say(text);
}

void note_warnings(const trace::Trace& trace) {
  for (const std::string& warning : trace.warnings()) say("warning: " + warning);
}

std::string percent(double ratio) {
  return fmt::format("{:.1f} %", ratio * 100);
}

trace::Status flush_stdout() {
  const bool flushed = std::fflush(stdout) == 0;
  const int why = errno;
  if (flushed && std::ferror(stdout) == 0) return trace::Done{};
  trace::Place place;
  place.file = "standard output";
  return trace::Trouble{fmt::format("cannot be written: {}", std::strerror(why)), place,
                        "make room, or write elsewhere"};
}

int done() {
  const trace::Status status = flush_stdout();
  return status ? int{kExitDone} : fail(status.trouble());
}

ProgressBar::ProgressBar(std::string_view what)
    : what_(what), began_(std::chrono::steady_clock::now()), drawn_(began_), terminal_(isatty(STDERR_FILENO) != 0) {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  progress_.cancelled = [] { return g_interrupted != 0; };
  if (terminal_) progress_.report = [this](double fraction) { draw(fraction); };
}

ProgressBar::~ProgressBar() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::draw(double fraction) {
  const auto now = std::chrono::steady_clock::now();
  if (now - began_ < kSilentFor || now - drawn_ < kBetweenDraws) return;
  drawn_ = now;
  visible_ = true;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(kBarWidth));
  const std::string bar = std::string(full, '#') + std::string(kBarWidth - full, '.');
  const std::string line = fmt::format("\r{} [{}] {:3.0f} %\x1b[K", what_, bar, fraction * 100);
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

trace::Result<trace::Trace> open(const std::string& file, const import::ReadOptions& reading,
                                 trace::TraceWatcher* watcher) {
  const ProgressBar bar("reading");
  trace::Progress progress = bar.progress();
  progress.watcher = watcher;
  return import::open_trace(file, progress, reading);
}

}  // namespace allocviz::cli
