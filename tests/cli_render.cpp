// alloctrace render: the stage as a picture, by the allocviz that was built beside it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli_support.h"

namespace allocviz::cli {
namespace {

constexpr const char* kLesson =
    R"({"format": "allocviz-trace", "version": 1, "name": "A & B <x>",
 "allocators": [{"kind": "buddy", "arena": 1024, "min_block": 64}],
 "events": [{"op": "alloc", "id": "A", "size": 100}, {"op": "alloc", "id": "<b>&\"\u0001", "size": 300}, {"op": "free", "id": "A"}]})";

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string svg_of(const std::vector<std::string>& more) {
  const Scratch out("out.svg");
  std::vector<std::string> call = {"render", "-o", out.path()};
  call.insert(call.end(), more.begin(), more.end());
  const Ran ran = run(call);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out + ran.err, "");
  return out.bytes();
}

TEST(Render, draws_the_stage_the_legend_and_the_event_as_shapes_and_words) {
  const Scratch lesson("lesson.json", kLesson);
  const std::string svg = svg_of({lesson.path(), "--at", "2"});
  EXPECT_EQ(svg.find("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1280\" height=\"720\""), 0u);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find("<title>A &amp; B &lt;x&gt;</title>"), std::string::npos);
  for (const char* word : {"BUDDY 1 KiB / 64 B", "level 0", "split", "rounding waste", "A", "100 B",
                           "&lt;b&gt;&amp;&quot;", "Event 2 of 3"})
    EXPECT_NE(svg.find(std::string(">") + word), std::string::npos) << word;
  EXPECT_EQ(svg.find('\x01'), std::string::npos) << "no XML knows it";
  EXPECT_EQ(count_of(svg, "<g "), count_of(svg, "</g>"));
  EXPECT_EQ(count_of(svg, "<text "), count_of(svg, "</text>"));
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_EQ(svg_of({lesson.path(), "--at", "2"}), svg) << "the same each time";
  EXPECT_NE(svg_of({lesson.path(), "--at", "2", "--theme", "dark"}), svg);
  const std::string step = svg_of({lesson.path(), "--at", "2.1"});
  EXPECT_NE(step.find("step 1 of"), std::string::npos);
}

TEST(Render, puts_several_allocators_beside_each_other) {
  const Scratch lesson("lesson.json", kLesson);
  const std::string svg = svg_of({lesson.path(), "--at", "2", "--allocator", "buddy:arena=2KiB,min=64", "--allocator",
                                  "slab:block=512,count=4", "--size", "1600x900"});
  EXPECT_NE(svg.find(">BUDDY 2 KiB / 64 B<"), std::string::npos);
  EXPECT_NE(svg.find(">SLAB 4 × 512 B<"), std::string::npos);
  EXPECT_NE(svg.find("width=\"1600\" height=\"900\""), std::string::npos);
}

TEST(Render, keeps_the_pixels_of_what_is_too_narrow_for_shapes) {
  std::string events;
  for (int i = 0; i < 4000; ++i)
    events += (i == 0 ? "" : ",") + ("{\"op\": \"alloc\", \"id\": " + std::to_string(i) + ", \"size\": 40}");
  const Scratch log("log.json", "{\"format\": \"allocviz-trace\", \"version\": 1, \"events\": [" + events + "]}");
  const std::string svg = svg_of({log.path(), "--at", "4000"});
  EXPECT_NE(svg.find("href=\"data:image/png;base64,iVBOR"), std::string::npos);
}

TEST(Render, writes_a_png_of_the_size_that_was_asked_for) {
  const Scratch lesson("lesson.json", kLesson), out("out.png");
  ASSERT_EQ(run({"render", lesson.path(), "--at", "3", "-o", out.path(), "--size", "640x360"}).code, 0);
  const std::string png = out.bytes();
  ASSERT_GT(png.size(), 24u);
  EXPECT_EQ(png.substr(1, 3), "PNG");
  EXPECT_EQ(png.substr(16, 8), std::string("\0\0\x02\x80\0\0\x01\x68", 8));
}

TEST(Render, says_on_one_line_what_is_wrong) {
  const Scratch lesson("lesson.json", kLesson);
  expect_one_line_error(run({"render", lesson.path(), "--at", "2", "-o", "out.gif"}), 2, ".svg or .png");
  expect_one_line_error(run({"render", lesson.path(), "-o", "out.svg"}), 2, "--at");
  expect_one_line_error(run({"render", lesson.path(), "--at", "x", "-o", "out.svg"}), 2, "write N or N.K");
  expect_one_line_error(run({"render", lesson.path(), "--at", "2", "-o", "out.svg", "--allocator", "heap"}), 2, "heap");
  for (const std::string& file : {std::string("/nowhere.json"), lesson.path()}) {
    const Ran ran = run({"render", file, "--at", "2", "-o", "/nowhere/out.svg"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(lines_of(ran.err).size(), 1u) << ran.err;
    EXPECT_NE(ran.err.find("/nowhere"), std::string::npos) << ran.err;
  }
  for (const char* moment : {"99", "2.99"}) {
    const Ran far = run({"render", lesson.path(), "--at", moment, "-o", "out.svg"});
    EXPECT_EQ(far.code, 1) << moment;
    EXPECT_EQ(lines_of(far.err).size(), 1u) << far.err;
    EXPECT_NE(far.err.find("no "), std::string::npos) << far.err;
  }
}

}  // namespace
}  // namespace allocviz::cli
