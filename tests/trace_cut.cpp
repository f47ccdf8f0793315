// A trace cut at every byte, in every spelling and compression: its complete events, or a clear trouble.
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

const std::string kHeader =
    R"({"format": "allocviz-trace", "version": 1, "name": "cut \"me\"", "sites": ["main", ["a", "b"]])";
const std::string kColumns = R"(, "columns": ["op", "id", "size", "t", "site", "tag"])";

// A text put together from its events, so that it is known where each of them ends.
struct Sample {
  std::string text;
  std::vector<std::size_t> ends;

  Sample(const std::string& head, const std::vector<std::string>& events, const std::string& between,
         const std::string& tail)
      : text(head) {
    for (const auto& event : events) {
      if (!ends.empty()) text += between;
      text += event;
      ends.push_back(text.size());
    }
    text += tail;
  }
  [[nodiscard]] std::uint64_t complete_at(std::size_t cut) const {
    return static_cast<std::uint64_t>(std::upper_bound(ends.begin(), ends.end(), cut) - ends.begin());
  }
};

const std::vector<std::string> kRowEvents = {R"(["a",1,100,5,0,"tag"])", R"(["a",22,7])",
                                             R"({"op": "mark", "name": "m"})", R"(["f",22,null,99])", R"(["f",null])"};
const Sample kJson(kHeader + ", \"events\": [\n",
                   {R"({"op": "alloc", "id": "ab\u00e4", "size": 100, "note": "ä €", "site": 1})",
                    R"({"op": "alloc", "id": 12, "size": 34567, "x": [1, {"y": 2}]})", R"({"op": "free", "id": 12})",
                    R"({"op": "realloc", "id": "abä", "size": 200, "ok": false})", R"({"op": "mark", "name": "m"})"},
                   ",\n", "], \"z\": {\"k\": [1]}}\n");
const Sample kRows(kHeader + kColumns + ", \"events\": [\n", kRowEvents, ",\n", "]}\n");
const Sample kLines(kHeader + kColumns + "}\n", kRowEvents, "\n", "\n");

// The events of `part` are the first of `whole`, or it is refused with a sentence that says why.
void expect_beginning(const Trace& whole, const Result<Trace>& part, bool cut, std::size_t at) {
  SCOPED_TRACE(testing::Message() << "cut at byte " << at);
  if (!part.ok()) {
    EXPECT_NE(part.trouble().text().find("cut short inside its header"), std::string::npos) << part.trouble().text();
    return;
  }
  ASSERT_LE(part->size(), whole.size());
  for (std::uint64_t i = 0; i < part->size(); ++i) {
    const Event a = part->event(i), b = whole.event(i);
    EXPECT_EQ(a.op, b.op);
    EXPECT_EQ(a.flags, b.flags);
    EXPECT_EQ(part->id_text(i), whole.id_text(i));
    EXPECT_EQ(a.size, b.size);
    EXPECT_EQ(a.time_ns, b.time_ns);
    EXPECT_EQ(a.site, b.site);
    EXPECT_EQ(a.tag, b.tag);
    EXPECT_EQ(part->note(i) == nullptr, whole.note(i) == nullptr);
  }
  EXPECT_EQ(part->warnings().size(), cut ? 1u : 0u);
  if (cut && !part->warnings().empty()) {
    const std::string kept = part->size() == 1 ? "its 1 complete event is kept"
                                               : "its " + std::to_string(part->size()) + " complete events are kept";
    EXPECT_NE(part->warnings()[0].find(kept), std::string::npos) << part->warnings()[0];
  }
}

// `is_whole` says of which cuts nobody can see that they are cuts.
template <class IsWhole>
void cut_everywhere(const Sample& sample, IsWhole is_whole) {
  const Trace whole = test::read_text(sample.text);
  ASSERT_EQ(whole.size(), 5u);
  std::size_t kept = 0;
  for (std::size_t at = 1; at < sample.text.size(); ++at) {
    const std::string part = sample.text.substr(0, at);
    const auto source = source_of_text(part, "t.json");
    const auto read = read_json(*source);
    expect_beginning(whole, read, !is_whole(at), at);
    const auto again = source_of_text(part, "t.json");
    const auto faults = check_json(*again);
    ASSERT_TRUE(faults.ok());
    EXPECT_EQ(faults->empty(), is_whole(at)) << "cut at byte " << at;
    if (!read.ok()) continue;
    ++kept;
    EXPECT_EQ(read->size(), sample.complete_at(at)) << "cut at byte " << at;
    EXPECT_EQ(test::fault_of_reading(part), "") << "cut at byte " << at << ", what is kept of it is written";
  }
  EXPECT_GE(kept, sample.text.size() - sample.text.find('\n') - 1);  // whatever is behind the header is worth something
}

TEST(Cut, json_at_every_byte) {
  cut_everywhere(kJson, [](std::size_t at) { return at == kJson.text.size() - 1; });
}

TEST(Cut, rows_at_every_byte) {
  cut_everywhere(kRows, [](std::size_t at) { return at == kRows.text.size() - 1; });
}

TEST(Cut, json_lines_at_every_byte) {
  cut_everywhere(kLines, [](std::size_t at) {  // between two lines
    return kLines.text[at - 1] == '\n' || kLines.text[at] == '\n';
  });
}

TEST(Cut, zeros_where_the_rest_of_the_lines_was_to_be_are_a_cut) {
  const Trace whole = test::read_text(kLines.text);
  for (const std::size_t at : {kLines.ends[2] + 1, kLines.ends[2], kLines.ends[2] - 3}) {
    const Trace part = test::read_text(kLines.text.substr(0, at) + std::string(5000, '\0'));
    EXPECT_EQ(part.size(), at < kLines.ends[2] ? 2u : 3u);
    EXPECT_EQ(part.warnings().size(), 1u);
  }
  EXPECT_FALSE(test::trouble_of(kLines.text + std::string(9, '\0') + "\n").empty()) << "of a line that is whole";
}

TEST(Cut, a_table_of_sites_that_was_cut_off_takes_its_uses_along) {
  const std::string text =
      R"({"format": "allocviz-trace", "version": 1, "events": [{"op": "alloc", "id": 1, "size": 1, "site": 0}], "sites": ["a)";
  const Trace trace = test::read_text(text);
  ASSERT_EQ(trace.size(), 1u);
  EXPECT_EQ(trace.event(0).site, 0u);
  EXPECT_EQ(trace.warnings().size(), 1u);
}

std::string zstd_of(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

std::string gzip_of(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void cut_file_everywhere(const std::string& bytes, const Trace& whole) {
  const test::Folder folder;
  const std::string path = folder / "t";
  std::uint64_t most = 0;
  for (std::size_t at = 1; at <= bytes.size(); ++at) {
    test::write_bytes(path, std::string_view(bytes).substr(0, at));
    const auto source = open_source(path);
    ASSERT_TRUE(source.ok()) << at << ": " << source.trouble().text();
    const auto read = read_json(**source);
    if (!read.ok() && read.trouble().what.starts_with("it is empty")) continue;            // nothing came out yet
    if (!read.ok() && at < 8 && read.trouble().what.starts_with("broken JSON")) continue;  // too short to be recognised
    expect_beginning(whole, read, at != bytes.size(), at);
    if (read.ok()) most = std::max(most, read->size());
  }
  EXPECT_EQ(most, whole.size());
}

TEST(Cut, zstd_at_every_byte) {
  const Trace whole = test::read_text(kLines.text);
  cut_file_everywhere(zstd_of(kLines.text), whole);
  cut_file_everywhere(zstd_of(kLines.text.substr(0, 200)) + zstd_of(kLines.text.substr(200)), whole);  // two frames
  cut_file_everywhere(zstd_of(kJson.text), test::read_text(kJson.text));
}

TEST(Cut, gzip_at_every_byte) {
  const Trace whole = test::read_text(kRows.text);
  cut_file_everywhere(gzip_of(kRows.text), whole);
  cut_file_everywhere(gzip_of(kRows.text.substr(0, 180)) + gzip_of(kRows.text.substr(180)), whole);  // two members
}

}  // namespace
}  // namespace allocviz::trace
