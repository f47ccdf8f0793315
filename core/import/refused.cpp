#include "core/import/refused.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "core/import/scan.h"

namespace allocviz::import {
namespace {

constexpr std::string_view kRecordEvents =
    "record every call instead, with `heaptrack --raw PROGRAM`, `alloctrace record -- PROGRAM` or glibc's mtrace()";

// A file is taken for a kind when it starts with `start` and holds `inside` somewhere in its head.
struct Kind {
  std::string_view start;
  std::string_view inside;
  std::string_view what;
  bool record_events = false;
};

using namespace std::string_view_literals;

constexpr Kind kKinds[] = {
    {"desc:", "time_unit:", "it is massif's output: snapshots of totals, without the single calls", true},
    {"heap_v2/", "", "it is a jemalloc heap profile: sampled totals a call stack, without the single calls", true},
    {"heap profile:", "", "it is a gperftools heap profile: totals a call stack, without the single calls", true},
    {"--- symbol", "--- heap", "it is a gperftools heap profile: totals a call stack, without the single calls", true},
    {"{\"dhatFileVersion\"", "", "it is DHAT's output: totals a call stack, without the single calls", true},
    {"{", "\"traceEvents\"", "it is a Chrome or Perfetto trace: spans of time, no allocations", true},
    {"{", "\"DefaultPools\"", "it is a Vulkan Memory Allocator state dump: one moment, no calls", false},
    {"", "heapprofd", "it is a heapprofd profile (Perfetto): sampled totals a call stack, without the single calls",
     true},
    {"PERFILE2", "", "it is perf's binary file: `perf script` prints it as text", false},
    {"\x7f"
     "ELF"sv,
     "", "it is a program or a library, not the log of one", true},
    {"MZ", "", "it is a Windows program, not the log of one", false},
    {"#!", "", "it is a script, not the log of one", true},
    {"\x89PNG", "", "it is a picture", false},
    {"%PDF", "", "it is a PDF document", false},
    {"<", "<html", "it is a web page", false},
    {"", "execve(\"", "it is an strace log: system calls, without the calls of malloc", true},
    {"", " total heap usage: ", "it is a valgrind log without its --trace-malloc=yes lines", true},
};

bool matches(const Kind& kind, std::string_view head) {
  return head.starts_with(kind.start) && head.find(kind.inside) != std::string_view::npos;
}

// Bytes that stand in no text.
bool is_binary(std::string_view head) {
  return std::any_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' && byte != 0x1b;
  });
}

std::string first_line(std::string_view head) {
  constexpr std::size_t kShown = 40;
  std::string_view line = head.substr(0, head.find('\n'));
  const bool whole = line.size() <= kShown;
  line = line.substr(0, kShown);
  while (!whole && !line.empty() && (static_cast<unsigned char>(line.back()) & 0x80) != 0) line.remove_suffix(1);
  return clean_text(line) + (whole ? "" : "…");
}

}  // namespace

Refusal refusal_of(std::string_view head) {
  for (const Kind& kind : kKinds) {
    if (matches(kind, head)) {
      return {std::string(kind.what), std::string(kind.record_events ? kRecordEvents : std::string_view{})};
    }
  }
  if (head.empty()) return {"the file is empty", ""};
  if (is_binary(head)) return {"it is binary and of no kind that is known here", ""};
  return {fmt::format("it is text of no kind that is known here, beginning with \"{}\"", first_line(head)), ""};
}

bool is_foreign_json(std::string_view head) {
  if (head.find("\"allocviz-trace\"") != std::string_view::npos) return false;
  return std::any_of(std::begin(kKinds), std::end(kKinds),
                     [&](const Kind& kind) { return kind.start.starts_with('{') && matches(kind, head); });
}

}  // namespace allocviz::import
