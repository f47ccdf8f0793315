// alloctrace record: runs a program with the preload library before its allocator, and writes what that saw as traces.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/terminal.h"
#include "core/record/launch.h"
#include "core/record/spool_reader.h"
#include "core/record/write_out.h"

namespace allocviz::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kExitNotFound = 127, kExitNotRunnable = 126;  // as shells and env(1) say it

// A folder of our own that is removed with what is in it, unless it is to be kept.
class Folder {
 public:
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  // Makes it below `parent`; an errno where that fails.
  [[nodiscard]] int make(const fs::path& parent) {
    std::string name = (parent / ".alloctrace.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return errno;
    path_ = name;
    return 0;
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  std::string keep() { return std::exchange(path_, {}); }

 private:
  std::string path_;
};

trace::Trouble trouble_of(int error, const char* what, const std::string& path) {
  return {fmt::format("{}: {}", what, std::strerror(error)), {.file = path}, ""};
}

// OUT.jsonl.zst and process 17: OUT.17.jsonl.zst.
std::string name_for(const std::string& out, std::uint32_t pid) {
  std::size_t ending = out.size();
  for (const char* text : {".zst", ".gz", ".jsonl"}) {
    const std::string_view left = std::string_view(out).substr(0, ending);
    if (left.ends_with(text)) ending -= std::strlen(text);
  }
  return fmt::format("{}.{}{}", out.substr(0, ending), pid, out.substr(ending));
}

// Spools are written where the trace goes: there is room there, or it would not fit either. A device has no room.
fs::path spool_parent(const std::string& out) {
  std::error_code error;
  const fs::path path = out.empty() ? fs::path("x") : fs::path(out);
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) return fs::temp_directory_path(error);
  const fs::path folder = fs::absolute(path, error).parent_path();
  return folder;
}

// How large a trace becomes beside its spool: 45 bytes of text for a record's 32, or 5 compressed.
unsigned room_percent(const std::string& out) {
  return out.ends_with(".jsonl") ? 175 : 25;
}

bool runs_still(const record::RecordedProcess& process) {
  std::ifstream in(fmt::format("/proc/{}/stat", process.pid));
  const std::string stat(std::istreambuf_iterator<char>(in), {});
  std::size_t at = stat.rfind(')');
  for (int field = 2; at != std::string::npos && field < 22; ++field) at = stat.find(' ', at + 1);
  return at != std::string::npos && std::strtoull(stat.c_str() + at + 1, nullptr, 10) == process.started_ticks &&
         stat[stat.rfind(')') + 2] != 'Z';
}

// Turns the spools of a folder into traces and says what came of it.
class Report {
 public:
  Report(const RecordOptions& options, std::string folder) : options_(options), folder_(std::move(folder)) {}

  // The first process' trace is OUT; `pid` names it, 0: the one that began first. False where one was not written.
  bool write(pid_t pid) {
    const record::Recording recording = record::recording_in(folder_);
    for (const record::RecordedProcess& process : recording.processes) {
      const bool first =
          pid == 0 ? &process == &recording.processes.front() : process.pid == static_cast<std::uint32_t>(pid);
      if (first) recorded_first_ = true;
      if (!write_one(process, first)) return false;
    }
    if (others_ > kNamed) say(fmt::format("and {} more, named like these", others_ - kNamed));
    if (recording.unrecorded != 0) {
      const bool one = recording.unrecorded == 1;
      say(fmt::format("{} that it started {} not recorded; --children records each into a file of its own",
                      one ? "a process" : fmt::format("{} processes", recording.unrecorded), one ? "was" : "were"));
    }
    return true;
  }

  [[nodiscard]] bool recorded_first() const { return recorded_first_; }

 private:
  static constexpr std::uint64_t kNamed = 8;

  void say(const std::string& text) const {
    if (!options_.quiet) note(text);
  }

  bool write_one(const record::RecordedProcess& process, bool first) {
    const std::string& name = options_.out;
    const std::string out = first ? name : name_for(name, process.pid);
    const bool running = runs_still(process);
    const ProgressBar bar("writing");
    const trace::Result<record::WrittenOut> written = record::write_out(
        process, first ? fmt::format("{}", fmt::join(options_.command, " ")) : "", out, symbols_, bar.progress());
    if (!written) {
      fail(written.trouble());
      return false;
    }
    if (!first && ++others_ > kNamed) return true;
    say(fmt::format("{} of {} in {}{}", trace::count_text(written->events, "event"),
                    first ? trace::count_text(written->threads, "thread") : fmt::format("process {}", process.pid), out,
                    running ? "; it still runs, and from here on unrecorded" : ""));
    warn(*written);
    return true;
  }

  void warn(const record::WrittenOut& written) const {
    if (written.stopped_by != 0) {
      note(fmt::format("warning: the recording stopped before the program did: {}; {} not recorded",
                       std::strerror(static_cast<int>(written.stopped_by)),
                       trace::count_text(written.lost_events, "call")));
    }
    if (written.sites_full) note("warning: there were more call stacks than are told apart; use a smaller --depth");
    if (written.frames_kept != 0) {
      note(
          fmt::format("warning: the call stacks were shortened to {}", trace::count_text(written.frames_kept, "call")));
    }
  }

  const RecordOptions& options_;
  std::string folder_;
  record::Symbols symbols_;
  std::uint64_t others_ = 0;
  bool recorded_first_ = false;
};

// A path with a blank or a colon cannot stand in LD_PRELOAD: a link to it can.
trace::Result<std::string> preloadable(const std::string& library, Folder& folder) {
  if (library.find_first_of(" :\t$") == std::string::npos) return library;
  std::error_code error;
  if (const int fault = folder.make("/tmp"); fault != 0) return trouble_of(fault, "no folder can be made", "/tmp");
  const std::string link = folder.path() + "/liballoctrace_record.so";
  fs::create_symlink(library, link, error);
  if (error) return trouble_of(error.value(), "no link can be made", link);
  return link;
}

// How the program ended; a code for us to end with where it did not get as far, or the recording did not.
struct Recorded {
  std::optional<int> code;
  record::Ended program;
};

Recorded run_and_write(RecordOptions options, const std::string& library) {
  const std::string program = record::find_program(options.command.front());
  if (!program.empty()) {
    if (const auto why = record::why_not_recordable(program)) return {fail(*why), {}};
  }
  Folder folder;
  const fs::path parent = spool_parent(options.out);
  if (const int fault = folder.make(parent); fault != 0) {
    trace::Trouble trouble = trouble_of(fault, "nothing can be written there", parent.string());
    trouble.todo = "name another folder with -o";
    return {fail(trouble), {}};
  }
  int failed_with = 0;
  const record::LaunchPlan plan{options.command,           library,         folder.path(), options.depth,
                                room_percent(options.out), options.children};
  const trace::Result<record::Ended> ended = record::run_recorded(plan, failed_with);
  if (!ended) {
    fail(ended.trouble());
    return {failed_with == ENOENT ? kExitNotFound : failed_with != 0 ? kExitNotRunnable : kExitFailed, {}};
  }
  if (options.out.empty()) {
    options.out = fmt::format("{}.{}.jsonl.zst", fs::path(options.command.front()).filename().string(), ended->pid);
  }
  Report report(options, folder.path());
  bool whole = report.write(ended->pid);
  if (!whole) {
    note(fmt::format("what was recorded is kept: alloctrace record --from {} -o OUT.jsonl.zst writes it",
                     folder.keep()));
  } else if (!report.recorded_first()) {
    whole = false;
    note(fmt::format("{} left no recording: the library was not loaded into it", options.command.front()));
  }
  if (!whole && ended->signal == 0 && ended->exit_code == 0) return {kExitFailed, *ended};
  return {{}, *ended};
}

// A recording whose traces could not be written, or whose alloctrace was killed.
int write_from(RecordOptions options) {
  if (record::recording_in(options.from).processes.empty()) {
    return fail({"there is no recording in it", {.file = options.from}, "name the folder that alloctrace record kept"});
  }
  if (options.out.empty()) options.out = "recording.jsonl.zst";
  return Report(options, options.from).write(0) ? kExitDone : kExitFailed;
}

}  // namespace

int record(const RecordOptions& options) {
  if (!options.from.empty()) return write_from(options);
  const std::string found = record::find_library();
  if (found.empty()) {
    return fail({"liballoctrace_record.so is not there",
                 {},
                 "build it (Linux with glibc 2.35 or newer), or install alloctrace whole"});
  }
  Recorded outcome;
  {
    Folder link;
    const trace::Result<std::string> library = preloadable(found, link);
    if (!library) return fail(library.trouble());
    outcome = run_and_write(options, *library);
  }
  if (outcome.code) return *outcome.code;
  record::end_like(outcome.program);
}

}  // namespace allocviz::cli
