// alloctrace record where something is in the way: the program, its end, the disk, the name.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/record_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::record {
namespace {

namespace fs = std::filesystem;

TEST(RecordTrouble, the_exit_code_is_the_programs) {
  const TestFolder folder;
  for (const char* code : {"0", "1", "3", "255"}) {
    const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl"), "sh", "-c", std::string("exit ") + code});
    EXPECT_EQ(std::to_string(ran.code), code) << ran.err;
  }
}

TEST(RecordTrouble, a_short_recording_takes_little_memory_wherever_its_stacks_are_numbered) {
  const TestFolder folder;
  const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl"), "true"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  constexpr long kMostKib = 64 << 10;
  rusage own{}, used{};
  getrusage(RUSAGE_SELF, &own);
  if (test::kSanitized || own.ru_maxrss >= kMostKib) GTEST_SKIP() << "a child's figure begins with ours: too large";
  getrusage(RUSAGE_CHILDREN, &used);
  EXPECT_LT(used.ru_maxrss, kMostKib);
}

TEST(RecordTrouble, a_signal_that_ends_the_program_ends_us_alike) {
  const TestFolder folder;
  for (const char* signal : {"15", "11", "6", "2"}) {
    const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl"), RECORD_SUBJECT, "ends_by", signal});
    EXPECT_EQ(std::to_string(ran.code - 128), signal) << ran.err;
    EXPECT_GT(sound_trace(folder.file("out.jsonl")).size(), 0u);
  }
}

// alloctrace record of a program that waits, in a process group of its own.
pid_t start_waiting(const std::string& out, const char* loaded_before = nullptr) {
  int said[2] = {-1, -1};
  EXPECT_EQ(pipe(said), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    std::signal(SIGINT, SIG_DFL);  // which a shell ignores for what it runs in the background
    if (loaded_before != nullptr) setenv("LD_PRELOAD", loaded_before, 1);
    dup2(said[1], STDOUT_FILENO);
    execl(ALLOCTRACE_PROGRAM, "alloctrace", "record", "-q", "-o", out.c_str(), RECORD_SUBJECT, "waits", nullptr);
    _exit(99);
  }
  close(said[1]);
  char text[5] = {};
  EXPECT_EQ(read(said[0], text, sizeof text), 5);
  close(said[0]);
  return pid;
}

TEST(RecordTrouble, a_signal_to_us_or_from_the_terminal_ends_the_program_and_the_trace_is_written) {
  if (test::kThreadSanitized) GTEST_SKIP() << "ThreadSanitizer keeps a signal back while waitpid() waits";
  const TestFolder folder;
  const std::string out = folder.file("out.jsonl");
  for (const bool from_terminal : {false, true}) {
    const pid_t pid = start_waiting(out);
    const int signal = from_terminal ? SIGINT : SIGTERM;
    EXPECT_EQ(kill(from_terminal ? -pid : pid, signal), 0);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
    EXPECT_EQ(allocs_of_size(sound_trace(out), 1212), 1u);
    fs::remove(out);
  }
}

TEST(RecordTrouble, a_signal_that_comes_before_we_know_whom_to_pass_it_on_to_is_not_lost) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer's fork is its own";
  const TestFolder folder;
  const pid_t pid = start_waiting(folder.file("out.jsonl"), RECORD_SLOW_FORK);
  EXPECT_EQ(kill(pid, SIGTERM), 0);
  int status = 0;
  pid_t ended = 0;
  for (int tenths = 0; tenths < 200 && ended == 0; ++tenths) {
    ended = waitpid(pid, &status, WNOHANG);
    if (ended == 0) usleep(100'000);
  }
  if (ended == 0) kill(-pid, SIGKILL);
  EXPECT_EQ(ended, pid) << "it waits for a program that never heard of it";
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
}

TEST(RecordTrouble, input_and_output_are_the_programs_own) {
  const TestFolder folder;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i * 7);
  const cli::Ran ran = cli::run({"record", "-q", "-o", folder.file("out.jsonl"), "cat"}, bytes);
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, bytes);
  EXPECT_EQ(ran.err, "");
}

TEST(RecordTrouble, words_after_the_program_are_the_programs) {
  const TestFolder folder;
  const auto echoed = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"record", "-q", "-o", folder.file("out.jsonl")});
    return cli::run(words).out;
  };
  EXPECT_EQ(echoed({"/bin/echo", "--depth", "-o", "x"}), "--depth -o x\n");
  EXPECT_EQ(echoed({"--", "/bin/echo", "--", "--help"}), "-- --help\n");
  EXPECT_EQ(echoed({"--depth", "3", "/bin/echo", "record"}), "record\n");
}

TEST(RecordTrouble, a_program_that_is_not_there_or_does_not_run_is_said_as_a_shell_does) {
  const TestFolder folder;
  const auto refused = [&](const std::string& program, int code) {
    cli::expect_one_line_error(cli::run({"record", "-o", folder.file("out.jsonl"), program}), code, program);
    EXPECT_TRUE(folder.files().empty());
  };
  refused("/nowhere/program", 127);
  refused("no-program-of-this-name", 127);
  refused("/", 126);
  cli::expect_one_line_error(cli::run({"record"}), 2, "CMD");
  cli::expect_one_line_error(cli::run({"record", "-o", "out.txt", "true"}), 2, ".jsonl");
  cli::expect_one_line_error(cli::run({"record", "--depth", "99", "true"}), 2, "--depth");
  cli::expect_one_line_error(cli::run({"record", "-o", "/nowhere/out.jsonl", "true"}), 1, "/nowhere");
}

TEST(RecordTrouble, a_program_that_asks_for_nothing_has_an_empty_trace) {
  const TestFolder folder;
  const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl"), RECORD_SUBJECT});
  EXPECT_EQ(ran.code, 64) << ran.err;
  EXPECT_EQ(allocs_of_size(sound_trace(folder.file("out.jsonl")), 0xA110C), 0u);
}

TEST(RecordTrouble, a_static_program_is_refused_with_the_reason) {
  const TestFolder folder;
  cli::expect_one_line_error(cli::run({"record", "-o", folder.file("out.jsonl"), RECORD_STATIC}), 1, "static");
  EXPECT_TRUE(folder.files().empty());
}

TEST(RecordTrouble, a_program_with_another_users_rights_is_refused_with_the_reason) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make a file another user's";
  const TestFolder folder;
  const std::string program = folder.file("program");
  fs::copy_file(RECORD_SUBJECT, program);
  ASSERT_EQ(chown(program.c_str(), 65534, 65534), 0);
  ASSERT_EQ(chmod(program.c_str(), 04755), 0);
  cli::expect_one_line_error(cli::run({"record", "-o", folder.file("out.jsonl"), program}), 1, "setuid");
}

// A shell that sets a limit on the size of files, and what it runs.
cli::Ran limited_run(const std::string& limits, const std::string& out, const std::string& program) {
  const cli::Scratch said("said"), erred("erred");
  const std::string line = limits + "; exec '" ALLOCTRACE_PROGRAM "' record -o '" + out + "' " + program + " >'" +
                           said.path() + "' 2>'" + erred.path() + "'";
  const int status = std::system(("bash -c \"" + line + "\"").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), said.bytes(), erred.bytes()};
}

TEST(RecordTrouble, a_limit_on_files_ends_the_recording_and_not_the_program) {
  const TestFolder folder;
  const cli::Ran ran = limited_run("ulimit -f 512", folder.file("out.jsonl.zst"), RECORD_SUBJECT " many 100000");
  EXPECT_EQ(ran.code, 5) << ran.err;
  EXPECT_NE(ran.err.find("recording stopped"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("File too large"), std::string::npos) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl.zst"));
  EXPECT_GT(trace.size(), 10'000u);
  EXPECT_LT(trace.size(), 512 * 1024 / 32u);
}

TEST(RecordTrouble, a_program_that_lowers_its_own_limit_is_not_ended_and_loses_nothing_of_before) {
  const TestFolder folder;
  const cli::Ran ran =
      cli::run({"record", "-o", folder.file("out.jsonl.zst"), "--", RECORD_SUBJECT, "limits-itself", "20000"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("recording stopped"), std::string::npos) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl.zst"));
  EXPECT_GT(trace.size(), 40'000u);
  EXPECT_LT(trace.size(), 80'000u);
}

// A disk of one MiB, while it lives.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& at) : at_(at) {
    fs::create_directory(at);
    mounted_ = std::system(("mount -t tmpfs -o size=1m none " + at + " 2>/dev/null").c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) {
      EXPECT_EQ(std::system(("umount " + at_).c_str()), 0);
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string at_;
  bool mounted_ = false;
};

TEST(RecordTrouble, a_full_disk_ends_the_recording_and_not_the_program) {
  const TestFolder folder;
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "only root can mount a small disk";
  const std::string out = folder.file("disk/out.jsonl.zst");
  const cli::Ran ran = limited_run("true", out, RECORD_SUBJECT " many 100000");
  EXPECT_EQ(ran.code, 5) << ran.err;
  EXPECT_NE(ran.err.find("No space left on device"), std::string::npos) << ran.err;
  for (const auto& entry : fs::directory_iterator(folder.file("disk"))) EXPECT_EQ(entry.path(), out);
  EXPECT_GT(sound_trace(out).size(), 10'000u);
}

TEST(RecordTrouble, what_cannot_be_written_out_is_kept_and_can_be_written_later) {
  if (!cli::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  const TestFolder folder;
  const std::string link = folder.file("out.jsonl");
  fs::create_symlink("/dev/full", link);
  const cli::Ran ran = cli::run({"record", "-o", link, RECORD_SUBJECT, "many", "100"});
  EXPECT_EQ(ran.code, 5) << ran.err;  // the program's
  const std::size_t from = ran.err.find("--from ");
  ASSERT_NE(from, std::string::npos) << ran.err;
  const std::string kept = ran.err.substr(from + 7, ran.err.find(' ', from + 7) - from - 7);
  const cli::Ran later = cli::run({"record", "--from", kept, "-o", folder.file("later.jsonl")});
  EXPECT_EQ(later.code, 0) << later.err;
  EXPECT_EQ(allocs_of_size(sound_trace(folder.file("later.jsonl")), 64), 100u);
  fs::remove_all(kept);
}

TEST(RecordTrouble, a_library_in_a_folder_with_a_blank_is_found) {
  const TestFolder folder;
  const std::string place = folder.file("a folder: with blanks");
  fs::create_directory(place);
  fs::copy_file(ALLOCTRACE_PROGRAM, place + "/alloctrace");
  const std::string line =
      "'" + place + "/alloctrace' record -q -o '" + folder.file("out.jsonl") + "' " RECORD_SUBJECT " many 10";
  EXPECT_EQ(WEXITSTATUS(std::system((line + " 2>" + folder.file("err")).c_str())), 1);
  EXPECT_NE(cli::bytes_of(folder.file("err")).find("liballoctrace_record.so"), std::string::npos);
  fs::copy_file(RECORD_LIBRARY, place + "/liballoctrace_record.so");
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 5);
  EXPECT_EQ(allocs_of_size(sound_trace(folder.file("out.jsonl")), 64), 10u);
  // As it is when installed.
  fs::create_directories(folder.file("prefix/bin"));
  fs::create_directories(folder.file("prefix/lib/allocviz"));
  fs::copy_file(ALLOCTRACE_PROGRAM, folder.file("prefix/bin/alloctrace"));
  fs::copy_file(RECORD_LIBRARY, folder.file("prefix/lib/allocviz/liballoctrace_record.so"));
  const std::string installed = folder.file("prefix/bin/alloctrace") + " record -q -o " + folder.file("two.jsonl") +
                                " " RECORD_SUBJECT " many 10";
  EXPECT_EQ(WEXITSTATUS(std::system(installed.c_str())), 5);
  EXPECT_EQ(allocs_of_size(sound_trace(folder.file("two.jsonl")), 64), 10u);
}

TEST(RecordTrouble, the_library_needs_libc_alone_and_shows_nothing_but_what_it_stands_before) {
  const TestFolder folder;
  const auto lines = [&](const std::string& command) {
    EXPECT_EQ(std::system((command + " >" + folder.file("lines")).c_str()), 0) << command;
    return cli::bytes_of(folder.file("lines"));
  };
  const std::string needed = lines("readelf -dW " RECORD_LIBRARY " | grep NEEDED | sed 's/.*\\[//;s/\\]//' | sort");
  EXPECT_TRUE(needed == "libc.so.6\n" || needed == "ld-linux-x86-64.so.2\nlibc.so.6\n") << needed;
  const std::string shown = lines("nm -D --defined-only " RECORD_LIBRARY " | sed 's/.* //' | sort | tr '\\n' ' '");
  EXPECT_EQ(shown,
            "aligned_alloc calloc dlclose free malloc memalign posix_memalign pvalloc realloc reallocarray valloc ");
}

}  // namespace
}  // namespace allocviz::record
