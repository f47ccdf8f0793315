#include "core/record/write_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/record/sites.h"
#include "core/record/spool_events.h"
#include "core/trace/json_text.h"
#include "core/trace/utf8.h"

namespace allocviz::record {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 20;
// A reader of lines takes 64 MiB for one; the header is one.
constexpr std::size_t kMostSiteBytes = std::size_t{48} << 20;
constexpr std::uint64_t kExactInDoubles = std::uint64_t{1} << 53;
constexpr std::uint64_t kDefaultAlign = 16;

// One image, ready to be told.
struct Image {
  SpoolFile spool;
  std::unordered_map<std::uint32_t, std::uint32_t> sites;  // the spool's number of a stack -> that of `Sites`

  // 0 where nothing describes it.
  [[nodiscard]] std::uint32_t site_of(std::uint32_t number) const {
    const auto found = sites.find(number);
    return found == sites.end() ? 0 : found->second;
  }
};

std::string utf8(std::string text) {
  return trace::is_utf8(text) ? text : trace::to_utf8(text);
}

std::string command_of(const SpoolHeader& header) {
  std::string command(header.command, sizeof header.command);
  command.resize(command.find_last_not_of('\0') + 1);
  std::replace(command.begin(), command.end(), '\0', ' ');
  return utf8(std::move(command));
}

std::string program_of(const SpoolHeader& header) {
  return utf8(std::string(header.program, strnlen(header.program, sizeof header.program)));
}

// Rows of JSON Lines, gathered into blocks.
class Rows {
 public:
  Rows(trace::AtomicFile& file, const Sites& sites) : file_(file), sites_(sites) {}

  void header(std::string_view name, std::string_view about) {
    out_ += R"({"format": "allocviz-trace", "version": 1, "name": )";
    trace::append_quoted(out_, name);
    out_ += R"(, "about": )";
    trace::append_quoted(out_, about);
    out_ += R"(, "defaults": {"align": 16})";
    if (!sites_.empty()) {
      out_ += R"(, "sites": )";
      sites_.append_json(out_);
    }
    out_ += R"(, "columns": ["op", "id", "size", "align", "t", "thread", "site", "addr", "ok"]})";
    out_ += '\n';
  }

  void row(const trace::RawEvent& event) {
    ++events_;
    if (event.op == trace::Op::Mark) {
      out_ += R"({"op": "mark", "t": )";
      trace::append_number(out_, *event.time_ns);
      out_ += R"(, "name": )";
      trace::append_quoted(out_, event.mark_name);
      out_ += "}\n";
      return;
    }
    if (event.op == trace::Op::Reset) {
      out_ += R"({"op": "reset", "t": )";
      trace::append_number(out_, *event.time_ns);
      out_ += "}\n";
      return;
    }
    request(event);
    if (out_.size() >= kFlushBytes) flush();
  }

  void flush() {
    if (!fault_) {
      if (trace::Status status = file_.write(out_); !status) fault_ = status.trouble();
    }
    out_.clear();
  }

  [[nodiscard]] const std::optional<trace::Trouble>& fault() const { return fault_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  // Nulls wait until a value follows them: those at the end of a row are not written.
  void cell(bool says, std::uint64_t number) {
    if (!says) {
      ++nulls_;
      return;
    }
    next();
    trace::append_number(out_, number);
  }
  void next() {
    for (; nulls_ != 0; --nulls_) out_ += ",null";
    out_ += ',';
  }

  void request(const trace::RawEvent& event) {
    using Id = trace::RawEvent::Id;
    const bool asks = event.op != trace::Op::Free;
    out_ += event.op == trace::Op::Alloc ? "[\"a\"" : asks ? "[\"r\"" : "[\"f\"";
    nulls_ = 0;
    if (event.id_kind == Id::Name) {
      next();
      trace::append_quoted(out_, event.id_name);
    } else if (event.id_kind == Id::Null) {
      next();
      out_ += "null";
    } else {
      cell(event.id_kind == Id::Number, event.id_number);
    }
    cell(asks, event.size);
    cell(asks && event.align && *event.align != kDefaultAlign, event.align.value_or(0));
    cell(true, *event.time_ns);
    cell(true, *event.thread);
    cell(event.site != 0, event.site == 0 ? 0 : sites_.index_of(event.site));
    if (event.addr > kExactInDoubles) {
      next();
      out_ += fmt::format("\"0x{:x}\"", event.addr);
    } else {
      cell(event.addr != trace::kNoAddr, event.addr);
    }
    if (!event.ok) {
      next();
      out_ += "false";
    }
    out_ += "]\n";
  }

  trace::AtomicFile& file_;
  const Sites& sites_;
  std::string out_;
  unsigned nulls_ = 0;
  std::uint64_t events_ = 0;
  std::optional<trace::Trouble> fault_;
};

// The calls of every stack of an image, made sites of the trace.
std::unordered_map<std::uint32_t, std::uint32_t> add_sites(const SpoolFile& spool, Symbols& symbols, Sites& sites) {
  const Stacks stacks = stacks_of(spool);
  constexpr Frame kLow = (Frame{1} << kFrameBits) - 1;
  const std::string nowhere;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers;
  std::vector<std::string_view> calls;
  for (const auto& [number, frames] : stacks.frames) {
    calls.clear();
    for (const Frame frame : frames) {
      const auto module = static_cast<std::size_t>(frame >> kFrameBits);
      const bool known = module < stacks.modules.size() && stacks.modules[module].known;
      for (const std::string& call : symbols.at(known ? stacks.modules[module].file : nowhere, frame & kLow)) {
        calls.push_back(call);
      }
    }
    if (!calls.empty()) numbers.emplace(number, sites.add(calls));
  }
  return numbers;
}

trace::Result<std::vector<Image>> open_images(const RecordedProcess& process, Symbols& symbols, Sites& sites) {
  std::vector<Image> images;
  for (const std::string& path : process.spools) {
    trace::Result<SpoolFile> spool = SpoolFile::open(path);
    if (!spool) return std::move(spool).trouble();
    auto numbers = add_sites(*spool, symbols, sites);
    images.push_back({std::move(spool).value(), std::move(numbers)});
  }
  return images;
}

std::string about(const Image& first, unsigned frames_kept) {
  const SpoolHeader& header = first.spool.header();
  std::string text = fmt::format("Recorded by `alloctrace record`: `{}`, process {}, call stacks {} deep.",
                                 program_of(header), header.pid, frames_kept != 0 ? frames_kept : header.depth);
  if (header.stopped_by != 0) {
    text += fmt::format(" The recording ended before the program did: {}.",
                        std::strerror(static_cast<int>(header.stopped_by)));
  }
  return text;
}

// Every record of every image, in order. Returns false where it was cancelled or the disk is full.
bool tell(const std::vector<Image>& images, Rows& rows, WrittenOut& result, const trace::Progress& progress) {
  std::size_t all = 0, done = 0;
  for (const Image& image : images) all += image.spool.records().size();
  SpoolEvents events([&rows](const trace::RawEvent& event) { rows.row(event); });
  const std::uint64_t began = images.front().spool.header().started_monotonic_ns;
  for (const Image& image : images) {
    const std::uint64_t later = image.spool.header().started_monotonic_ns - began;
    if (&image != &images.front()) events.exec(program_of(image.spool.header()), later);
    std::uint64_t threads = 0;
    for (const Record& record : image.spool.records()) {
      if (++done % (std::size_t{1} << 16) == 0) {
        if (progress.report) progress.report(static_cast<double>(done) / static_cast<double>(all));
        if (progress.stop() || rows.fault()) return false;
      }
      const Kind kind = kind_of(record.what);
      if (kind < Kind::Alloc || kind > Kind::ReallocEnd) continue;
      threads = std::max<std::uint64_t>(threads, thread_of(record.what));
      events.add(record, later + record.time_ns, image.site_of(record.site));
    }
    result.threads = std::max(result.threads, threads);
  }
  return true;
}

}  // namespace

trace::Result<WrittenOut> write_out(const RecordedProcess& process, const std::string& name, const std::string& path,
                                    Symbols& symbols, const trace::Progress& progress) {
  Sites sites;
  trace::Result<std::vector<Image>> images = open_images(process, symbols, sites);
  if (!images) return std::move(images).trouble();
  WrittenOut result;
  result.frames_kept = sites.shorten(kMostSiteBytes);
  result.images = images->size();
  auto file = trace::AtomicFile::create(path);
  if (!file) return std::move(file).trouble();
  Rows rows(**file, sites);
  rows.header(name.empty() ? command_of(images->back().spool.header()) : name,
              about(images->front(), result.frames_kept));
  const bool whole = tell(*images, rows, result, progress);
  rows.flush();
  if (rows.fault()) return *rows.fault();
  if (!whole) return trace::Trouble{"writing was cancelled", {.file = path}, ""};
  if (trace::Status status = (*file)->commit(); !status) return std::move(status).trouble();
  result.events = rows.events();
  for (const Image& image : *images) {
    const SpoolHeader& header = image.spool.header();
    result.lost_events += header.lost_events;
    if (header.stopped_by != 0) result.stopped_by = header.stopped_by;
    result.sites_full = result.sites_full || header.sites_full != 0;
  }
  return result;
}

}  // namespace allocviz::record
