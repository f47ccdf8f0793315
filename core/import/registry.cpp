#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/importer.h"
#include "core/import/refused.h"
#include "core/import/scan.h"
#include "core/trace/json.h"

namespace allocviz::import {
namespace {

using trace::ByteSource;
using trace::Result;
using trace::Trace;
using trace::Trouble;

// A log may begin behind what its program or its console said before.
constexpr std::size_t kHeadBytes = std::size_t{1} << 20;

const std::array kImporters = {
    Importer{kMtrace},      Importer{kHeaptrackRaw}, Importer{kHeaptrack},   Importer{kBionic},  Importer{kValgrind},
    Importer{kMalloclab},   Importer{kLtrace},       Importer{kKmem},        Importer{kEspHeap}, Importer{kTorchJson},
    Importer{kTorchPickle}, Importer{kGlibcTrace},   Importer{kMallocBench}, Importer{kVma},     Importer{kWeeAlloc},
    Importer{kProcessLog},  Importer{kCsv},          Importer{kJsonRows},    Importer{kHookLog},
};

const Importer* importer_for(std::string_view head) {
  const Importer* best = nullptr;
  int best_score = 0;
  for (const Importer& importer : kImporters) {
    const int score = importer.recognise(head);
    if (score > best_score) {
      best = &importer;
      best_score = score;
    }
  }
  return best;
}

// Our own format, in any of its spellings, begins with a brace, after a byte order mark and white space at most. What
// does so and does not name itself is read as ours too, so that its faults are said, unless it is seen to be another's.
bool is_json_object(std::string_view head) {
  take(head, "\xef\xbb\xbf");
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || head[first] != '{') return false;
  if (head.find("\"allocviz-trace\"") != std::string_view::npos) return true;
  return !is_foreign_json(head.substr(first)) && importer_for(head) == nullptr;
}

Trouble not_recognised(std::string_view head, const std::string& file) {
  Refusal refusal = refusal_of(head);
  std::string formats = "allocviz-trace (JSON, JSON Lines)";
  for (const Importer& importer : kImporters) formats += fmt::format(", {}", importer.title);
  std::string todo = refusal.todo.empty() ? "" : refusal.todo + ". ";
  todo += fmt::format("Formats that are read: {}, also as .zst, .gz, .xz or .zip", formats);
  return {"not a log that can be read: " + refusal.what, trace::in_file(file), std::move(todo)};
}

Trouble one_process(std::string_view title, const std::string& file) {
  return {fmt::format("a log of {} does not tell processes apart", title), trace::in_file(file),
          "leave --process away"};
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Result<Trace> read_foreign(trace::LineReader& lines, std::string_view head, const trace::Progress& progress,
                           const ReadOptions& options) {
  const std::string& file = lines.source().name();
  const Importer* importer = importer_for(head);
  if (importer == nullptr && head.empty() && lines.source().cut_short()) {
    return Trouble{"the compressed file is cut short before anything of it can be read", trace::in_file(file),
                   "copy or record it again"};
  }
  if (importer == nullptr) return not_recognised(head, file);
  if (options.process && !importer->tells_processes) return one_process(importer->title, file);
  Result<Trace> trace = importer->read(lines, progress, options);
  if (trace && trace->header().name.empty()) trace->header().name = clean_text(file_name(file));
  return trace;
}

}  // namespace

std::span<const Importer> importers() {
  return kImporters;
}

Result<Trace> open_trace(const std::string& path, const trace::Progress& progress, const ReadOptions& options) {
  Result<std::unique_ptr<ByteSource>> source = open_source(path, options.limits);
  if (!source) return std::move(source).trouble();
  trace::LineReader lines(**source);
  const Result<std::string_view> head = lines.peek(kHeadBytes);
  if (!head) return head.trouble();
  const bool ours = is_json_object(*head);
  if (ours && options.process) return one_process("allocviz-trace", path);
  Result<Trace> trace = ours ? trace::read_json(lines, progress) : read_foreign(lines, *head, progress, options);
  if (options.more_follows != nullptr) *options.more_follows = (*source)->cut_short();
  return trace;
}

Result<std::vector<Trouble>> check_trace(const std::string& path, const trace::Progress& progress,
                                         const ReadOptions& options) {
  Result<std::unique_ptr<ByteSource>> source = open_source(path, options.limits);
  if (!source) return std::move(source).trouble();
  trace::LineReader lines(**source);
  const Result<std::string_view> head = lines.peek(kHeadBytes);
  if (!head) return head.trouble();
  if (is_json_object(*head)) return trace::check_json(lines, progress);
  const Result<Trace> trace = read_foreign(lines, *head, progress, options);
  if (!trace) return trace.trouble();
  std::vector<Trouble> faults;
  for (const std::string& warning : trace->warnings())
    faults.push_back({warning, trace::in_file(lines.source().name()), ""});
  return faults;
}

}  // namespace allocviz::import
