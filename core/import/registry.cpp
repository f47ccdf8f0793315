#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
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

constexpr std::size_t kHeadBytes = std::size_t{64} << 10;

const std::array kImporters = {
    Importer{kMtrace},
    Importer{kHeaptrackRaw},
};

// A source whose first bytes were looked at and are read again: standard input cannot be opened twice.
class Rewound final : public ByteSource {
 public:
  explicit Rewound(ByteSource& rest) : rest_(rest) {}

  // Reads up to kHeadBytes ahead.
  Result<std::string_view> look() {
    head_.resize(kHeadBytes);
    std::size_t held = 0;
    while (held < kHeadBytes) {
      Result<std::size_t> got = rest_.read(std::span(head_).subspan(held));
      if (!got) return std::move(got).trouble();
      if (*got == 0) break;
      held += *got;
    }
    head_.resize(held);
    return std::string_view(head_);
  }

  Result<std::size_t> read(std::span<char> into) override {
    if (given_ == head_.size()) return rest_.read(into);
    const std::size_t count = std::min(into.size(), head_.size() - given_);
    std::memcpy(into.data(), head_.data() + given_, count);
    given_ += count;
    return count;
  }
  bool cut_short() const override { return rest_.cut_short(); }
  double fraction_read() const override { return rest_.fraction_read(); }
  const std::string& name() const override { return rest_.name(); }

 private:
  ByteSource& rest_;
  std::string head_;
  std::size_t given_ = 0;
};

// Our own format, in any of its spellings, begins with a brace, after a byte order mark and white space at most.
bool is_json_object(std::string_view head) {
  take(head, "\xef\xbb\xbf");
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && head[first] == '{' && !is_foreign_json(head.substr(first));
}

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

trace::Place in_file(const std::string& file) {
  trace::Place place;
  place.file = file;
  return place;
}

Trouble not_recognised(std::string_view head, const std::string& file) {
  Refusal refusal = refusal_of(head);
  std::string formats = "allocviz-trace (JSON, JSON Lines)";
  for (const Importer& importer : kImporters) formats += fmt::format(", {}", importer.title);
  std::string todo = refusal.todo.empty() ? "" : refusal.todo + ". ";
  todo += fmt::format("Formats that are read: {}, also as .zst, .gz, .xz or .zip", formats);
  return {"not a log that can be read: " + refusal.what, in_file(file), std::move(todo)};
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Result<Trace> read_foreign(Rewound& source, std::string_view head, const trace::Progress& progress) {
  const Importer* importer = importer_for(head);
  if (importer == nullptr) return not_recognised(head, source.name());
  trace::LineReader lines(source);
  Result<Trace> trace = importer->read(lines, progress);
  if (trace && trace->header().name.empty()) trace->header().name = clean_text(file_name(source.name()));
  return trace;
}

}  // namespace

std::span<const Importer> importers() {
  return kImporters;
}

Result<Trace> open_trace(const std::string& path, const trace::Progress& progress, const trace::ReadLimits& limits) {
  Result<std::unique_ptr<ByteSource>> source = open_source(path, limits);
  if (!source) return std::move(source).trouble();
  Rewound rewound(**source);
  const Result<std::string_view> head = rewound.look();
  if (!head) return head.trouble();
  if (is_json_object(*head)) return trace::read_json(rewound, progress);
  return read_foreign(rewound, *head, progress);
}

Result<std::vector<Trouble>> check_trace(const std::string& path, const trace::Progress& progress,
                                         const trace::ReadLimits& limits) {
  Result<std::unique_ptr<ByteSource>> source = open_source(path, limits);
  if (!source) return std::move(source).trouble();
  Rewound rewound(**source);
  const Result<std::string_view> head = rewound.look();
  if (!head) return head.trouble();
  if (is_json_object(*head)) return trace::check_json(rewound);
  const Result<Trace> trace = read_foreign(rewound, *head, progress);
  if (!trace) return trace.trouble();
  std::vector<Trouble> faults;
  for (const std::string& warning : trace->warnings()) faults.push_back({warning, in_file(rewound.name()), ""});
  return faults;
}

}  // namespace allocviz::import
