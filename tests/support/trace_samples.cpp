#include "tests/support/trace_samples.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace allocviz::test {

using trace::Op;
using trace::RawEvent;

trace::Trace read_text(std::string_view text) {
  const auto source = trace::source_of_text(text, "sample.json");
  auto read = trace::read_json(*source);
  if (read.ok()) return std::move(read).value();
  ADD_FAILURE() << read.trouble().text();
  return trace::TraceBuilder().finish();
}

std::string trouble_of(std::string_view text) {
  const auto source = trace::source_of_text(text, "t.json");
  const auto read = trace::read_json(*source);
  return read.ok() ? "" : read.trouble().text();
}

std::string with_events(std::string_view events) {
  return std::string(R"({"format": "allocviz-trace", "version": 1, "events": [)").append(events).append("]}");
}

namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::uint64_t any() { return engine_() >> below(64); }

 private:
  std::mt19937_64 engine_;
};

// An event whose texts live as long as the object.
struct Sample {
  RawEvent raw;
  std::string name, tag, mark, note;

  Sample(Random& random, std::uint64_t sites, std::uint64_t& clock) {
    const std::uint64_t kind = random.below(100);
    raw.op = kind < 45 ? Op::Alloc : kind < 85 ? Op::Free : kind < 94 ? Op::Realloc : kind < 98 ? Op::Mark : Op::Reset;
    const bool request = raw.op == Op::Alloc || raw.op == Op::Realloc;
    if (request) {
      raw.size = random.one_in(20) ? random.any() >> 1 : random.below(5000);
      if (random.one_in(3)) raw.align = std::uint64_t{1} << random.below(random.one_in(10) ? 64 : 8);
      raw.ok = !random.one_in(15);
    }
    if (request || raw.op == Op::Free) id(random, request);
    if (random.one_in(2)) raw.thread = random.one_in(30) ? random.any() : random.below(4);
    if (random.one_in(2)) raw.time_ns = clock += random.below(1000);
    if (sites != 0 && random.one_in(2)) raw.site = static_cast<std::uint32_t>(1 + random.below(sites));
    if (random.one_in(4)) raw.addr = random.any();
    texts(random);
  }

 private:
  void id(Random& random, bool request) {
    if (!request && random.one_in(12)) {
      raw.offset = random.below(1u << 20);
      return;
    }
    if (random.one_in(15) && (!request || !raw.ok)) {
      raw.id_kind = request ? RawEvent::Id::None : RawEvent::Id::Null;
      return;
    }
    const std::uint64_t number = random.one_in(10) ? random.any() : random.below(40);
    if (random.one_in(3)) {  // "7" beside 7: two ids that look alike
      raw.id_kind = RawEvent::Id::Name;
      name = random.one_in(20) ? "" : std::to_string(number);
      raw.id_name = name;
    } else {
      raw.id_kind = RawEvent::Id::Number;
      raw.id_number = number;
    }
  }

  void texts(Random& random) {
    if (random.one_in(5)) raw.tag = tag = "tag " + std::to_string(random.below(5));
    if (random.one_in(6))
      raw.note = note = "a \"note\" \\ with\n\ttabs, \x01\x1f, \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 and /";
    if (raw.op == Op::Mark && !random.one_in(3)) raw.mark_name = mark = "mark " + std::to_string(random.below(9));
    if (random.one_in(10)) raw.extra = R"("color": [1, {"r": -2.5e-3}, null, true], "z": "q")";
  }
};

}  // namespace

trace::Trace random_trace(std::uint64_t seed, std::uint64_t events) {
  Random random(seed);
  trace::TraceBuilder builder;
  auto& header = builder.header();
  if (random.one_in(2)) header.name = "random " + std::to_string(seed);
  if (random.one_in(2)) header.about = "*about* it\nall";
  if (random.one_in(2)) header.default_align = std::uint64_t{1} << random.below(8);
  if (random.one_in(2)) header.extra["recorder"] = R"({"pid": 12, "argv": ["a", "b"]})";
  if (random.one_in(2)) header.rows = true;
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    constexpr const char* kSpecs[] = {"buddy:arena=1MiB,min=64,block=64KiB,gaps=4096-8192+9000-9001", "bump:arena=1000",
                                      "slab:block=48,count=1000", "tiered:arena=1MiB,min=64,classes=16+32", "recorded"};
    header.allocators.push_back(trace::parse_spec(kSpecs[random.below(5)]).value());
  }
  std::vector<trace::Site> sites;
  for (std::uint64_t i = random.below(5); i > 0; --i) {
    if (random.one_in(2)) {
      sites.push_back({{"main.c:" + std::to_string(i)}, random.one_in(2)});
    } else {
      sites.push_back({{"malloc", "x\"malloc", "main"}, true});
    }
  }
  const std::uint64_t site_count = sites.size();
  builder.set_sites(std::move(sites));
  std::uint64_t clock = 0;
  for (std::uint64_t i = 0; i < events; ++i) {
    const Sample sample(random, site_count, clock);
    const auto status = builder.append(sample.raw);
    EXPECT_TRUE(status.ok()) << "seed " << seed << ": " << status.trouble().text();
  }
  return std::move(builder).finish();
}

std::string fault_of_reading(std::string_view bytes) {
  const auto source = trace::source_of_text(bytes, "bytes");
  const auto read = trace::read_json(*source);
  const auto source_to_check = trace::source_of_text(bytes, "bytes");
  const auto faults = trace::check_json(*source_to_check);
  if (!faults.ok()) {  // only what is no text at all, a line without end, stops both
    return read.ok() ? "it reads, but cannot be checked: " + faults.trouble().text() : "";
  }
  const bool valid = read.ok() && read->warnings().empty();
  if (valid != faults->empty()) {
    return valid ? "it reads, but has a fault: " + faults->front().text()
                 : "it has no fault, but " + (read.ok() ? read->warnings()[0] : read.trouble().text());
  }
  if (!read.ok()) return "";
  for (const auto spelling : {trace::Spelling::Json, trace::Spelling::JsonLines}) {
    const std::string text = to_json_text(*read, spelling);
    const auto written = trace::source_of_text(text, "written");
    const auto again = trace::read_json(*written);
    if (!again.ok()) return "what was written is refused: " + again.trouble().text();
    if (const auto differs = difference(*read, *again); !differs.empty()) return "it comes back different: " + differs;
    if (to_json_text(*again, spelling) != text) return "it is not written to the same bytes again";
  }
  return "";
}

std::vector<std::string> sample_documents(const std::string& name) {
  std::ifstream file(std::string(ALLOCVIZ_SOURCE_DIR) + "/tests/data/trace/" + name + ".jsonl");
  std::vector<std::string> documents;
  for (std::string line; std::getline(file, line);) documents.push_back(line);
  return documents;
}

std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_TRUE(file.good()) << path;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "allocviz.XXXXXX").string();
  EXPECT_NE(::mkdtemp(name.data()), nullptr) << name;
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace allocviz::test
