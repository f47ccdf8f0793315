// What the subcommands say to the person in front of them: errors, notes, and progress where a terminal shows it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/import/importer.h"
#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::cli {

// One line on standard error; returns the exit code for it.
int fail(const trace::Trouble& trouble);
int fail_usage(std::string_view what);
void note(std::string_view text);
void note_warnings(const trace::Trace& trace);
// 0.125 -> "12.5 %".
[[nodiscard]] std::string percent(double ratio);

// Everything written to standard output has arrived there, else a Trouble that says why not (a full disk).
[[nodiscard]] trace::Status flush_stdout();
// The last step of a subcommand: kExitDone, unless standard output could not take what was written.
[[nodiscard]] int done();

// A bar on standard error while something long runs; silent in a pipe, and for work that ends within a moment. The
// first Ctrl+C cancels the work in an orderly way, so that no half-written file stays; the second ends the program.
class ProgressBar {
 public:
  explicit ProgressBar(std::string_view what);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  [[nodiscard]] const trace::Progress& progress() const { return progress_; }

 private:
  void draw(double fraction);

  std::string what_;
  trace::Progress progress_;
  std::chrono::steady_clock::time_point began_, drawn_;
  bool terminal_ = false;
  bool visible_ = false;
};

// Opens any log with a bar; trouble is left to the caller.
[[nodiscard]] trace::Result<trace::Trace> open(const std::string& file, const import::ReadOptions& reading,
                                               trace::TraceWatcher* watcher = nullptr);

}  // namespace allocviz::cli
