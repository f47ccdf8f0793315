// Writing: one spelling for each trace, byte for byte the same whenever the trace is the same.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <functional>
#include <span>

#include "core/trace/json.h"
#include "core/trace/json_text.h"

namespace allocviz::trace {
namespace {

constexpr std::uint64_t kRowsFrom = 4096;  // events; fewer are written as objects, for people
constexpr std::size_t kFlushBytes = std::size_t{1} << 20;
constexpr std::uint64_t kExactInDoubles = std::uint64_t{1} << 53;

using Sink = std::function<Status(std::string_view)>;

class JsonWriter {
 public:
  JsonWriter(const Trace& trace, Spelling spelling, const Progress& progress, Sink sink)
      : trace_(trace), lines_(spelling == Spelling::JsonLines), progress_(progress), sink_(std::move(sink)) {
    rows_ = trace.header().rows || trace.size() > kRowsFrom;
    default_align_log2_ = static_cast<unsigned>(std::countr_zero(trace.header().default_align.value_or(1)));
    if (rows_) find_columns();
  }

  Status write() {
    header();
    out_ += lines_ ? "}\n" : "";
    Status status = Done{};
    each_event([&](const Event& event, std::uint64_t i) {
      if (!lines_) out_ += i == 0 ? "\n" : ",\n";
      if (rows_ && !has_texts(i)) {
        row(event);
      } else {
        if (!lines_ && !rows_) out_ += "    ";
        object(event, i);
      }
      if (lines_) out_ += '\n';
      if (out_.size() >= kFlushBytes) status = flush(i);
      return status.ok();
    });
    if (!status.ok()) return status;
    if (!lines_) out_ += trace_.size() == 0 ? "]\n}\n" : "\n  ]\n}\n";
    return flush(trace_.size());
  }

 private:
  enum Column : unsigned { kOp, kId, kSize, kAlign, kTime, kThread, kSite, kTag, kAddr, kOk, kOffset, kColumns };
  static constexpr std::array<std::string_view, kColumns> kColumnNames = {
      "op", "id", "size", "align", "t", "thread", "site", "tag", "addr", "ok", "offset"};

  // f(event, its index) for all of them, while it says so.
  template <class F>
  void each_event(F f) const {
    std::array<Event, 256> events;
    for (std::uint64_t from = 0; from < trace_.size(); from += events.size()) {
      const std::uint64_t count = std::min<std::uint64_t>(events.size(), trace_.size() - from);
      trace_.events(from, std::span(events).first(count));
      for (std::uint64_t i = 0; i < count; ++i) {
        if (!f(events[i], from + i)) return;
      }
    }
  }

  Status flush(std::uint64_t events_done) {
    if (progress_.report && trace_.size() != 0) {
      progress_.report(static_cast<double>(events_done) / static_cast<double>(trace_.size()));
    }
    if (progress_.stop()) return Trouble{"saving was cancelled", {}, ""};
    auto status = sink_(out_);
    out_.clear();
    return status;
  }

  [[nodiscard]] static bool is_request(const Event& event) { return event.op == Op::Alloc || event.op == Op::Realloc; }
  [[nodiscard]] bool says_align(const Event& event) const {
    return event.align_log2 != (is_request(event) ? default_align_log2_ : 0);
  }
  // What no row has a cell for.
  [[nodiscard]] bool has_texts(std::uint64_t i) const {
    if (const auto* name = has_marks_ ? trace_.mark_name(i) : nullptr; name != nullptr && !name->empty()) return true;
    return (has_notes_ && trace_.note(i) != nullptr) || (has_extras_ && trace_.extra(i) != nullptr);
  }

  void find_columns() {
    used_[kOp] = used_[kId] = true;
    each_event([this](const Event& event, std::uint64_t) {
      used_[kSize] = used_[kSize] || is_request(event) || event.size != 0;
      used_[kAlign] = used_[kAlign] || says_align(event);
      used_[kTime] = used_[kTime] || event.time_ns != 0;
      used_[kThread] = used_[kThread] || event.has(kHasThread);
      used_[kSite] = used_[kSite] || event.site != 0;
      used_[kTag] = used_[kTag] || event.tag != 0;
      used_[kAddr] = used_[kAddr] || event.addr != kNoAddr;
      used_[kOk] = used_[kOk] || event.has(kFailedThere);
      used_[kOffset] = used_[kOffset] || event.has(kByOffset);
      return true;
    });
  }

  // --- the header: a field a line in JSON, all in one line in JSON Lines

  void header_key(std::string_view key) {
    const bool first = out_.size() <= 1;
    if (lines_) {
      out_ += first ? "" : ", ";
    } else {
      out_ += first ? "\n  " : ",\n  ";
    }
    append_quoted(out_, key);
    out_ += ": ";
  }

  template <class Element, class Append>
  void header_array(const std::vector<Element>& elements, Append append) {
    out_ += '[';
    const bool a_line_each = !lines_ && elements.size() > 1;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (a_line_each) {
        out_ += i == 0 ? "\n    " : ",\n    ";
      } else {
        out_ += i == 0 ? "" : ", ";
      }
      append(elements[i]);
    }
    out_ += a_line_each ? "\n  ]" : "]";
  }

  void header() {
    const Header& header = trace_.header();
    out_ += '{';
    header_key("format");
    out_ += "\"allocviz-trace\"";
    header_key("version");
    out_ += '1';
    if (!header.name.empty()) {
      header_key("name");
      append_quoted(out_, header.name);
    }
    if (!header.about.empty()) {
      header_key("about");
      append_quoted(out_, header.about);
    }
    if (!header.allocators.empty()) {
      header_key("allocators");
      header_array(header.allocators, [this](const AllocatorSpec& spec) { out_ += allocator_to_json(spec); });
    }
    if (header.default_align) {
      header_key("defaults");
      out_ += "{\"align\": ";
      append_number(out_, *header.default_align);
      out_ += '}';
    }
    for (const auto& [name, json] : header.extra) {
      header_key(name);
      out_ += json;
    }
    if (!trace_.sites().empty()) {
      header_key("sites");
      header_array(trace_.sites(), [this](const Site& site) { append_site(site); });
    }
    if (rows_) columns();
    if (lines_) return;
    header_key("events");
    out_ += '[';
  }

  void append_site(const Site& site) {
    if (!site.stack) return append_quoted(out_, site.frames[0]);
    for (std::size_t i = 0; i < site.frames.size(); ++i) {
      out_ += i == 0 ? "[" : ", ";
      append_quoted(out_, site.frames[i]);
    }
    out_ += ']';
  }

  void columns() {
    header_key("columns");
    for (unsigned i = 0; i < kColumns; ++i) {
      if (!used_[i]) continue;
      out_ += i == 0 ? "[" : ", ";
      append_quoted(out_, kColumnNames[i]);
    }
    out_ += ']';
  }

  // --- values that objects and rows write alike

  void append_id(const Event& event) {
    if (event.has(kNamedId)) {
      append_quoted(out_, trace_.names()[event.id]);
    } else {
      append_number(out_, event.id);
    }
  }
  // Above 2^53 readers that have doubles alone would round it.
  void append_addr(std::uint64_t addr) {
    if (addr <= kExactInDoubles) return append_number(out_, addr);
    out_ += "\"0x";
    bool leading = true;
    for (int shift = 60; shift >= 0; shift -= 4) {
      const unsigned digit = static_cast<unsigned>(addr >> shift) & 15;
      leading = leading && digit == 0;
      if (!leading) out_ += "0123456789abcdef"[digit];
    }
    out_ += '"';
  }

  // --- objects

  void object(const Event& event, std::uint64_t i) {
    constexpr std::array<std::string_view, 5> kOps = {"{\"op\": \"alloc\"", "{\"op\": \"free\"", "{\"op\": \"realloc\"",
                                                      "{\"op\": \"reset\"", "{\"op\": \"mark\""};
    out_ += kOps[static_cast<unsigned>(event.op)];
    if (event.has(kHasId)) {
      out_ += ", \"id\": ";
      append_id(event);
    } else if (event.has(kNullFree)) {
      out_ += ", \"id\": null";
    }
    if (event.has(kByOffset)) field(", \"offset\": ", event.offset);
    if (is_request(event) || event.size != 0) field(", \"size\": ", event.size);
    if (says_align(event)) field(", \"align\": ", event.align());
    if (event.time_ns != 0) field(", \"t\": ", event.time_ns);
    if (event.has(kHasThread)) field(", \"thread\": ", event.thread);
    if (event.site != 0) field(", \"site\": ", event.site - 1);
    if (event.tag != 0) field(", \"tag\": ", trace_.tags()[event.tag - 1]);
    if (event.addr != kNoAddr) {
      out_ += ", \"addr\": ";
      append_addr(event.addr);
    }
    if (event.has(kFailedThere)) out_ += ", \"ok\": false";
    if (const auto* name = trace_.mark_name(i); name != nullptr && !name->empty()) {
      field(event.op == Op::Mark ? ", \"name\": " : ", \"mark\": ", *name);
    }
    if (const auto* note = trace_.note(i)) field(", \"note\": ", *note);
    if (const auto* extra = trace_.extra(i)) out_.append(", ").append(*extra);
    out_ += '}';
  }
  void field(std::string_view key, std::uint64_t number) {
    out_ += key;
    append_number(out_, number);
  }
  void field(std::string_view key, const std::string& text) {
    out_ += key;
    append_quoted(out_, text);
  }

  // --- rows

  // A row is put together here and given out in one piece; what has no bound to its length goes past it. Nulls wait
  // until a value follows them: those at the end of a row are not written.
  class Cells {
   public:
    explicit Cells(std::string& out) : out_(out) {}
    void put(std::string_view text) { at_ = std::copy(text.begin(), text.end(), at_); }
    void null() { ++nulls_; }
    void begin() {
      for (; nulls_ != 0; --nulls_) put(",null");
      *at_++ = ',';
    }
    void number(std::uint64_t number) { at_ = std::to_chars(at_, row_.data() + row_.size(), number).ptr; }
    void quoted(std::string_view text) {
      give_out();
      append_quoted(out_, text);
    }
    void give_out() {
      out_.append(row_.data(), at_);
      at_ = row_.data();
    }

   private:
    std::string& out_;
    unsigned nulls_ = 0;
    std::array<char, 512> row_;  // an op, and of each other column a comma and 20 digits or a word
    char* at_ = row_.data();
  };

  void row(const Event& event) {
    constexpr std::array<std::string_view, 5> kOps = {"[\"a\"", "[\"f\"", "[\"r\"", "[\"reset\"", "[\"mark\""};
    Cells cells(out_);
    cells.put(kOps[static_cast<unsigned>(event.op)]);
    if (event.has(kNamedId)) {
      cells.begin();
      cells.quoted(trace_.names()[event.id]);
    } else if (event.has(kHasId)) {
      cells.begin();
      cells.number(event.id);
    } else if (event.has(kNullFree)) {
      cells.begin();
      cells.put("null");
    } else {
      cells.null();
    }
    cell(cells, kSize, is_request(event) || event.size != 0, event.size);
    cell(cells, kAlign, says_align(event), event.align());
    cell(cells, kTime, event.time_ns != 0, event.time_ns);
    cell(cells, kThread, event.has(kHasThread), event.thread);
    cell(cells, kSite, event.site != 0, event.site - 1);
    if (used_[kTag] && event.tag != 0) {
      cells.begin();
      cells.quoted(trace_.tags()[event.tag - 1]);
    } else if (used_[kTag]) {
      cells.null();
    }
    if (event.addr <= kExactInDoubles) {
      cell(cells, kAddr, event.addr != kNoAddr, event.addr);
    } else {
      cells.begin();
      cells.give_out();
      append_addr(event.addr);
    }
    if (used_[kOk] && event.has(kFailedThere)) {
      cells.begin();
      cells.put("false");
    } else if (used_[kOk]) {
      cells.null();
    }
    cell(cells, kOffset, event.has(kByOffset), event.offset);
    cells.put("]");
    cells.give_out();
  }

  void cell(Cells& cells, Column column, bool says, std::uint64_t number) {
    if (!used_[column]) return;
    if (!says) return cells.null();
    cells.begin();
    cells.number(number);
  }

  const Trace& trace_;
  bool lines_, rows_ = false;
  const Progress& progress_;
  Sink sink_;
  unsigned default_align_log2_ = 0;
  bool has_notes_ = !trace_.notes().empty(), has_marks_ = !trace_.marks().empty(), has_extras_ = trace_.has_extras();
  std::array<bool, kColumns> used_{};
  std::string out_;
};

}  // namespace

Spelling spelling_for(const std::string& path) {
  std::string_view name = path;
  for (const std::string_view ending : {".zst", ".gz"}) {
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  }
  return name.ends_with(".jsonl") ? Spelling::JsonLines : Spelling::Json;
}

Status write_json(const Trace& trace, const std::string& path, const Progress& progress) {
  auto file = AtomicFile::create(path);
  if (!file.ok()) return std::move(file).trouble();
  JsonWriter writer(trace, spelling_for(path), progress, [&](std::string_view text) { return (*file)->write(text); });
  if (auto status = writer.write(); !status.ok()) {
    Trouble trouble = std::move(status).trouble();
    if (trouble.where.file.empty()) trouble.where.file = path;
    return trouble;
  }
  return (*file)->commit();
}

std::string to_json_text(const Trace& trace, Spelling spelling) {
  std::string text;
  const Progress silent;
  JsonWriter writer(trace, spelling, silent, [&text](std::string_view part) -> Status {
    text += part;
    return Done{};
  });
  const auto status = writer.write();
  assert(status.ok() && "a sink that takes everything and a progress that never stops let every trace be written");
  (void)status;
  return text;
}

}  // namespace allocviz::trace
