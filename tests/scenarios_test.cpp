// Each lesson of scenarios/ runs on the real allocators and does what it says: every event as tests/data/lessons.txt
// expects it, and every offset, size, level, percentage and equation of a note as the census shows it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/replay/narrate.h"
#include "core/replay/timeline.h"
#include "core/trace/json.h"
#include "scenarios_notes.h"

namespace {

using namespace allocviz;
namespace fs = std::filesystem;

const fs::path kRoot = ALLOCVIZ_SOURCE_DIR;

std::vector<std::string> lesson_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kRoot / "scenarios")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const trace::Trace> read_lesson(const std::string& name) {
  const std::string path = (kRoot / "scenarios" / (name + ".json")).string();
  trace::Result<std::unique_ptr<trace::ByteSource>> source = trace::open_source(path);
  if (!source) throw std::runtime_error(source.trouble().text());
  trace::Result<trace::Trace> trace = trace::read_json(**source);
  if (!trace) throw std::runtime_error(trace.trouble().text());
  return std::make_shared<const trace::Trace>(std::move(trace).value());
}

std::unique_ptr<replay::Timeline> replay_on(const std::shared_ptr<const trace::Trace>& trace,
                                            const trace::AllocatorSpec& spec) {
  trace::Result<std::unique_ptr<replay::Timeline>> timeline = replay::Timeline::build(trace, spec);
  if (!timeline) throw std::runtime_error(timeline.trouble().text());
  return std::move(timeline).value();
}

// "placed 0x080 128 moved from 0x000", "freed 0x080", "refused double-free", "reset", "nothing".
std::string text_of(const replay::Outcome& outcome) {
  switch (outcome.kind) {
    case replay::OutcomeKind::Nothing:
      return "nothing";
    case replay::OutcomeKind::Placed: {
      const bool moved = outcome.moved_from != replay::Outcome{}.moved_from;
      return fmt::format("placed 0x{:03x} {}", outcome.offset, outcome.block_bytes) +
             (moved ? fmt::format(" moved from 0x{:03x}", outcome.moved_from) : "");
    }
    case replay::OutcomeKind::Freed:
      return fmt::format("freed 0x{:03x}", outcome.offset);
    case replay::OutcomeKind::Failed:
      return fmt::format("refused {}", replay::name_of(outcome.why));
    case replay::OutcomeKind::FreeOfFailed:
      return "free of a failed request";
    case replay::OutcomeKind::Reset:
      return "reset";
  }
  return "?";
}

// "128: 0x080 0x000; 64: 0x0c0", "mark 0x148".
std::string lists_of(const replay::Census& census) {
  if (census.mark) return fmt::format("mark 0x{:03x}", *census.mark);
  std::string text;
  for (const replay::FreeList& list : census.free_lists) {
    if (list.offsets.empty()) continue;
    text += fmt::format("{}{}:", text.empty() ? "" : "; ", list.block_bytes);
    for (std::uint64_t offset : list.offsets) text += fmt::format(" 0x{:03x}", offset);
  }
  return text;
}

// "LESSON ALLOCATOR EVENT" -> "outcome | lists".
std::map<std::string, std::string> expectations() {
  std::map<std::string, std::string> table;
  std::ifstream in(kRoot / "tests/data/lessons.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(": ");
    table[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return table;
}

// What is on show from the end of the event before to the end of this one, on every allocator of the lesson.
lessons::Evidence evidence_of(const trace::Trace& trace,
                              const std::vector<std::unique_ptr<replay::Timeline>>& timelines, std::uint64_t event) {
  lessons::Evidence evidence;
  evidence.events = trace.size();
  for (std::uint64_t i = 0; i < trace.size(); ++i) evidence.add_request(trace.event(i).size);
  for (const std::unique_ptr<replay::Timeline>& timeline : timelines) {
    for (const trace::Gap& gap : timeline->spec().gaps) evidence.bytes.insert(gap.to - gap.from);
    timeline->seek({event, 0});
    const std::uint32_t steps = timeline->step_count();
    for (std::uint32_t step = 0; step <= steps; ++step) {
      timeline->seek({event, step});
      evidence.add(timeline->census());
    }
    const trace::Event row = trace.event(event - 1);
    const replay::Block* hit = timeline->census().block_at(row.offset);
    if (row.has(trace::kByOffset) && hit != nullptr) evidence.bytes.insert(row.offset - hit->offset);
  }
  return evidence;
}

// "03-coalescing" -> "03_coalescing".
std::string test_name(const testing::TestParamInfo<std::string>& lesson) {
  std::string name = lesson.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Lesson : public testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(Lesson, does_at_every_event_what_is_expected_of_it) {
  const std::shared_ptr<const trace::Trace> trace = read_lesson(GetParam());
  std::map<std::string, std::string> expected = expectations();
  const std::vector<trace::AllocatorSpec> specs = trace->header().allocators;
  ASSERT_FALSE(specs.empty()) << "a lesson names its allocators";
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::unique_ptr<replay::Timeline> timeline = replay_on(trace, specs[i]);
    for (std::uint64_t event = 1; event <= trace->size(); ++event) {
      timeline->seek({event, replay::kAllSteps});
      const std::string key = fmt::format("{} {} {}", GetParam(), i + 1, event);
      const std::string lists = lists_of(timeline->census());
      const std::string done = text_of(timeline->run().outcome) + " |" + (lists.empty() ? "" : " " + lists);
      EXPECT_EQ(done, expected[key]) << key;
    }
  }
}

TEST_P(Lesson, claims_nothing_in_its_notes_that_the_allocator_does_not_show) {
  const std::shared_ptr<const trace::Trace> trace = read_lesson(GetParam());
  std::vector<std::unique_ptr<replay::Timeline>> timelines;
  for (const trace::AllocatorSpec& spec : trace->header().allocators) timelines.push_back(replay_on(trace, spec));
  for (std::uint64_t event = 1; event <= trace->size(); ++event) {
    const std::string* note = trace->note(event - 1);
    ASSERT_NE(note, nullptr) << "event " << event << " is not narrated";
    for (const std::string& fault : lessons::unproven(*note, evidence_of(*trace, timelines, event))) {
      ADD_FAILURE() << GetParam() << " event " << event << ": " << fault << "\n  " << *note;
    }
  }
}

TEST_P(Lesson, names_each_life_once_and_frees_what_lives) {
  const trace::Facts facts = read_lesson(GetParam())->facts();
  EXPECT_EQ(facts.implicit_frees, 0U) << "an id is allocated again while it lives";
  EXPECT_EQ(facts.unknown_frees, 0U) << "an id is freed that does not live";
  EXPECT_EQ(facts.unknown_reallocs, 0U) << "an id is resized that does not live";
}

TEST_P(Lesson, introduces_itself_and_keeps_its_notes_short) {
  const std::shared_ptr<const trace::Trace> trace = read_lesson(GetParam());
  EXPECT_FALSE(trace->header().name.empty());
  const std::string& about = trace->header().about;
  EXPECT_LE(about.find('\n'), 120U) << "the first line is the hint, and ends";
  EXPECT_NE(about.find('\n'), std::string::npos) << "more is said below the hint";
  for (const auto& [event, note] : trace->notes()) {
    EXPECT_LE(note.size(), 330U) << "event " << event + 1 << " has more to say than anybody reads";
  }
}

TEST_P(Lesson, has_no_fault_and_survives_being_written) {
  const std::string path = (kRoot / "scenarios" / (GetParam() + ".json")).string();
  trace::Result<std::unique_ptr<trace::ByteSource>> source = trace::open_source(path);
  ASSERT_TRUE(source.ok());
  const trace::Result<std::vector<trace::Trouble>> faults = trace::check_json(**source);
  ASSERT_TRUE(faults.ok());
  for (const trace::Trouble& fault : *faults) ADD_FAILURE() << fault.text();

  const std::string once = trace::to_json_text(*read_lesson(GetParam()));
  const std::unique_ptr<trace::ByteSource> again = trace::source_of_text(once, "written");
  const trace::Result<trace::Trace> back = trace::read_json(*again);
  ASSERT_TRUE(back.ok()) << back.trouble().text();
  EXPECT_EQ(trace::to_json_text(*back), once);
}

INSTANTIATE_TEST_SUITE_P(All, Lesson, testing::ValuesIn(lesson_names()), test_name);

TEST(Lessons, stand_in_the_table_and_in_the_readme_and_nowhere_else) {
  const std::vector<std::string> names = lesson_names();
  EXPECT_GE(names.size(), 6U);
  for (const auto& [key, expected] : expectations()) {
    const std::string name = key.substr(0, key.find(' '));
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name << " is expected but not there";
  }
  std::ifstream in(kRoot / "scenarios/README.md");
  const std::string readme((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (const std::string& name : names) {
    const std::string row = "| " + name.substr(0, 2) + " " + read_lesson(name)->header().name;
    EXPECT_NE(readme.find(row.substr(0, row.find(':'))), std::string::npos) << "scenarios/README.md lacks " << row;
  }
}

TEST(LessonNotes, are_caught_when_they_claim_what_is_not_so) {
  replay::Census census;
  census.arena_bytes = 256;
  census.blocks = {{.offset = 0, .size = 64, .state = replay::BlockState::Live, .requested = 50},
                   {.offset = 64, .size = 64},
                   {.offset = 128, .size = 128}};
  census.free_lists = {{.level = 0, .block_bytes = 256, .offsets = {}},
                       {.level = 1, .block_bytes = 128, .offsets = {128}},
                       {.level = 2, .block_bytes = 64, .offsets = {64}}};
  census.figures = {.live_requested = 50, .live_rounded = 64, .free = 192, .largest_free = 128, .reserved = 64};
  lessons::Evidence evidence;
  evidence.add(census);
  evidence.events = 3;
  for (const char* truth :
       {"0x040 has 64 B on level 2.", "14 B of it are waste: 64 - 50 = 14.", "1 - 50 ÷ 64 = 21.9 %",
        "0x040 XOR 0x040 = 0x000", "192 B are free after event 3", "33.3 % of it", "two blocks, 3 lists and 7 hills"}) {
    EXPECT_EQ(lessons::unproven(truth, evidence), std::vector<std::string>{}) << truth;
  }
  for (const char* lie :
       {"0x060 is free", "63 B are waste", "level 3 is empty", "as event 4 did", "64 - 50 = 13",
        "0x040 XOR 0x040 = 0x080", "0x040 XOR 0x030 = 0x070", "2 KiB", "22.0 % of it", "1 - 50 ÷ 64 = 21.8 %"}) {
    EXPECT_FALSE(lessons::unproven(lie, evidence).empty()) << lie;
  }
}
