// Long logs: their first part is the document while the rest is read, and nobody is moved when the whole is there.
#include <algorithm>
#include <random>

#include "core/trace/beginning.h"
#include "tests/app_opening_support.h"
#include "viz/app/availability.h"
#include "viz/app/group_view.h"
#include "viz/app/keeping.h"
#include "viz/app/startup.h"

namespace {

using namespace app_opening_test;

TEST_F(AppOpening, the_first_part_of_a_long_log_is_the_document_while_the_rest_is_read) {
  begin(write("long.jsonl", grown_log(5000)));
  const std::uint64_t part = events();
  EXPECT_GT(part, 100u);
  EXPECT_LT(part, 1000u);
  EXPECT_TRUE(state.document.first_part);
  EXPECT_EQ(app::full_title(state.document), fmt::format("long.jsonl (first {} events)", part));
  EXPECT_NE(state.loading->what.find(fmt::format("its first {} events are shown", part)), std::string::npos);
  seek(state, part);
  EXPECT_EQ(state.cursor().event, part);
  act(state, {.what = Do::SetFilter, .text = "size>2900"});
  EXPECT_FALSE(state.filter.matches.empty());
  finish();
  EXPECT_EQ(events(), 5000u);
  EXPECT_FALSE(state.document.first_part);
  EXPECT_EQ(app::full_title(state.document), "long.jsonl");
  EXPECT_EQ(state.cursor().event, part);
  EXPECT_FALSE(state.document.edited);
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_EQ(state.settings.recent.size(), 1u);
}

TEST_F(AppOpening, a_name_that_leads_nowhere_does_not_end_the_reading_of_the_rest) {
  begin(write("long.jsonl", grown_log(5000)));
  for (const std::string& path : {(folder / "mistyped.jsonl").string(), folder.string()}) {
    act(state, {.what = Do::OpenFile, .text = path});
    ASSERT_TRUE(state.trouble.has_value()) << path;
    EXPECT_EQ(state.trouble->where.file, path);
    EXPECT_TRUE(app::is_reading_rest(state));
    act(state, Do::DismissError);
  }
  finish();
  EXPECT_EQ(events(), 5000u);
}

TEST_F(AppOpening, a_long_table_of_call_sites_before_the_events_does_not_keep_the_first_part_away) {
  std::string text = R"({"format": "allocviz-trace", "version": 1, "sites": ["main.c:1")";
  for (int i = 2; text.size() < 3 * state.long_logs.first_bytes; ++i) text += fmt::format(", \"main.c:{}\"", i);
  text += R"(], "columns": ["op", "id", "size", "t", "thread"]})";
  const std::string log = grown_log(5000);
  begin(write("sites.jsonl", text + log.substr(log.find('\n'))));
  EXPECT_GT(events(), 100u);
  EXPECT_LT(events(), 5000u);
  finish();
  EXPECT_EQ(events(), 5000u);
}

TEST_F(AppOpening, a_short_log_shows_no_part_and_a_long_one_none_that_comes_with_its_whole) {
  act(state, {.what = Do::OpenFile, .text = write("short.jsonl", grown_log(500))});
  app::finish_loading(state);
  EXPECT_EQ(events(), 500u);
  EXPECT_FALSE(state.document.first_part);
  gate->open();
  seek(state, 7);
  act(state, {.what = Do::OpenFile, .text = write("long.jsonl", grown_log(5000))});
  app::finish_loading(state);
  EXPECT_EQ(events(), 5000u);
  EXPECT_EQ(state.cursor().event, 0u) << "another document begins at its beginning";
}

TEST_F(AppOpening, what_is_packed_is_long_when_there_is_much_in_it) {
  const auto packed = [&](const std::string& name, const std::string& text) {
    auto file = trace::AtomicFile::create((folder / name).string());
    EXPECT_TRUE(file.ok() && (*file)->write(text).ok() && (*file)->commit().ok());
    return (folder / name).string();
  };
  begin(packed("long.jsonl.zst", grown_log(9000)));
  finish();
  EXPECT_EQ(events(), 9000u);
  // Numbers that do not pack well: large as a file, and yet all of it is within a first part.
  std::mt19937_64 random(1);
  std::string text = grown_log(0);
  for (int i = 0; i < 2000; ++i) text += fmt::format("[\"a\",{},{}]\n", random() >> 1, 16 + random() % 5000);
  state.long_logs.first_bytes = text.size() + 1;
  const std::string short_one = packed("short.jsonl.zst", text);
  ASSERT_GE(fs::file_size(short_one), text.size() / 4);
  state.long_logs.before_rest = [] { ADD_FAILURE() << "all of it was read at once"; };
  act(state, {.what = Do::OpenFile, .text = short_one});
  app::finish_loading(state);
  EXPECT_EQ(events(), 2000u);
  EXPECT_TRUE(state.document.trace->warnings().empty());
}

TEST_F(AppOpening, nobody_is_moved_when_the_whole_takes_the_place_of_its_part) {
  begin(write("long.jsonl", grown_log(5000, 100'000)));
  const trace::AllocatorSpec part_spec = state.timeline().spec();
  seek(state, 150, 1);
  const auto live_block = [&](std::size_t nth) {
    for (const replay::Block& block : state.timeline().census().blocks) {
      if (block.state == replay::BlockState::Live && nth-- == 0) return block;
    }
    ADD_FAILURE() << "no such block";
    return replay::Block{};
  };
  act(state, {.what = Do::Select, .number = live_block(9).offset});
  act(state, Do::Pin);
  const std::uint64_t pinned = live_block(9).born, selected = live_block(4).born;
  act(state, {.what = Do::Select, .number = live_block(4).offset + 1});
  const double from = static_cast<double>(live_block(4).offset);
  act(state, {.what = Do::SetView, .value = from - 4096, .value2 = from + 4096});
  act(state, {.what = Do::SetTimeView, .value = 20, .value2 = 180});
  act(state, {.what = Do::SelectRange, .value = 30, .value2 = 90});
  act(state, {.what = Do::SetFilter, .text = "size>1000"});
  act(state, {.what = Do::ScrollList, .number = 0, .value = 17, .value2 = 20});
  act(state, Do::ShowFailures);
  act(state, Do::PlayPause);
  act(state, {.what = Do::SetEventText, .position = {40}, .number = 1, .text = "look at this"});
  act(state, {.what = Do::TypeInPopup, .text = "half a wo"});
  const app::TimeView time = state.time;
  const double top = state.event_list.top;
  const std::vector<std::uint64_t> found = state.filter.matches;
  finish();
  ASSERT_NE(state.timeline().spec(), part_spec) << "the arena has grown with the peak";
  EXPECT_EQ(state.cursor(), (replay::Position{150, 1}));
  EXPECT_TRUE(state.playback.playing);
  ASSERT_TRUE(state.selection.offset);
  const replay::Census& census = state.timeline().census();
  EXPECT_EQ(census.block_at(*state.selection.offset)->born, selected);
  EXPECT_EQ(*state.selection.offset, census.block_at(*state.selection.offset)->offset + 1);
  ASSERT_EQ(state.pins.size(), 1u);
  EXPECT_EQ(census.block_at(state.pins[0].offset)->born, pinned);
  EXPECT_DOUBLE_EQ(state.bytes.to - state.bytes.from, 8192);
  EXPECT_EQ(state.time.first, time.first);
  EXPECT_EQ(state.time.last, time.last);
  EXPECT_EQ(state.range, (app::EventRange{30, 90}));
  EXPECT_EQ(state.left_tab, app::LeftTab::Failures);
  EXPECT_EQ(state.filter.text, "size>1000");
  ASSERT_GE(state.filter.matches.size(), found.size());
  EXPECT_TRUE(std::equal(found.begin(), found.end(), state.filter.matches.begin()));
  EXPECT_EQ(state.event_list.top, top);
  EXPECT_EQ(state.popup_state.text, "half a wo");
  ASSERT_NE(state.document.trace->note(39), nullptr);
  EXPECT_EQ(*state.document.trace->note(39), "look at this");
  EXPECT_TRUE(state.document.edited);
  act(state, Do::Undo);
  EXPECT_EQ(state.document.trace->note(39), nullptr);
  EXPECT_FALSE(state.document.edited);
  act(state, Do::Redo);
  EXPECT_EQ(*state.document.trace->note(39), "look at this");
}

TEST_F(AppOpening, what_was_all_of_the_part_becomes_all_of_the_whole) {
  for (const bool by_clock : {false, true}) {
    state.settings.by_clock = by_clock;
    begin(write("long.jsonl", grown_log(5000, 100'000)));
    ASSERT_NE(state.document.clock, nullptr);
    const double bytes = state.bytes.to, time = state.time.last;
    finish();
    EXPECT_GT(state.bytes.to, bytes);
    EXPECT_EQ(state.bytes.to, static_cast<double>(state.timeline().census().arena_bytes));
    EXPECT_GT(state.time.last, time);
    EXPECT_EQ(state.time.last, state.time_end());
    EXPECT_EQ(state.time.last, by_clock ? 5.0 * 4999 : 5000.0);
  }
}

TEST_F(AppOpening, the_whole_is_what_it_is_when_it_is_opened_at_once) {
  const std::string path = write("long.jsonl", grown_log(5000, 100'000));
  app::OpenRequest request;
  request.path = path;
  request.specs = {spec("buddy:arena=1MiB,min=64"), spec("bump:arena=1MiB")};
  request.at = {4500};
  app::start_opening(state, request);
  for (int i = 0; i < 20'000 && !app::poll_loading(state); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(app::is_reading_rest(state));
  EXPECT_EQ(state.cursor().event, events());
  finish();
  auto at_once = app::open_now(request);
  ASSERT_TRUE(at_once.ok());
  app::State other = opened(kLesson);
  app::adopt(other, std::move(at_once).value());
  EXPECT_EQ(trace::difference(*state.document.trace, *other.document.trace), "");
  EXPECT_EQ(state.cursor(), other.cursor()) << "the place asked for is there now";
  EXPECT_EQ(state.failures, other.failures);
  EXPECT_FALSE(state.failures.empty());
  EXPECT_EQ(state.document.failed_there, other.document.failed_there);
  EXPECT_EQ(state.document.default_spec, other.document.default_spec);
  EXPECT_EQ(state.document.saved, other.document.saved);
  EXPECT_EQ(make_up_text(state), make_up_text(other));
  ASSERT_EQ(state.stages.size(), 2u);
  EXPECT_EQ(state.stages[1].serves_alike, other.stages[1].serves_alike);
  ASSERT_TRUE(other.stages[1].divergence.has_value());
  ASSERT_TRUE(state.stages[1].divergence.has_value());
  EXPECT_EQ(state.stages[1].divergence->event, other.stages[1].divergence->event);
  EXPECT_EQ(state.document.clock->end_ns(), other.document.clock->end_ns());
}

TEST_F(AppOpening, what_would_have_to_be_done_again_for_the_whole_waits_for_it) {
  begin(write("long.jsonl", grown_log(5000)));
  const std::string before = make_up_text(state);
  for (const Do what : {Do::Save, Do::SaveAs, Do::ShowAllocator, Do::AddStage}) {
    EXPECT_FALSE(app::is_enabled(state, app::info_of(what)));
    state.notice.clear();
    act(state, what);
    EXPECT_NE(state.notice.find("still being read"), std::string::npos);
    EXPECT_EQ(state.popup, app::Popup::None);
  }
  state.notice.clear();
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=64MiB,min=16")});
  act(state, {.what = Do::SaveAs, .text = (folder / "part.json").string()});
  EXPECT_NE(state.notice.find("still being read"), std::string::npos);
  EXPECT_EQ(make_up_text(state), before);
  EXPECT_TRUE(app::is_reading_rest(state)) << "the reading goes on";
  EXPECT_FALSE(fs::exists(folder / "part.json"));
  finish();
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=64MiB,min=16")});
  app::finish_loading(state);
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=64MiB,min=16"));
}

TEST_F(AppOpening, whoever_cancels_keeps_the_part_and_cannot_lose_the_log_by_saving_it) {
  const std::string text = grown_log(5000), path = write("long.jsonl", text);
  begin(path);
  const std::uint64_t part = events();
  act(state, Do::CancelLoading);
  EXPECT_EQ(state.loading, nullptr);
  EXPECT_NE(state.notice.find("stay open"), std::string::npos);
  gate->open();
  EXPECT_EQ(events(), part);
  EXPECT_EQ(app::full_title(state.document), fmt::format("long.jsonl (first {} events)", part));
  act(state, Do::Save);
  EXPECT_EQ(state.popup, app::Popup::SavePath);
  EXPECT_EQ(state.popup_state.text, (folder / fmt::format("long-first-{}.json", part)).string());
  act(state, {.what = Do::SaveAs, .text = path});
  app::finish_loading(state);
  EXPECT_TRUE(state.trouble.has_value());
  EXPECT_EQ(fs::file_size(path), text.size());
  state.trouble.reset();
  act(state, {.what = Do::SaveAs, .text = (folder / "part.json").string()});
  app::finish_loading(state);
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_FALSE(state.document.first_part);
  // Allocators are compared on the part as on any document.
  act(state, {.what = Do::AddStage, .spec = spec("bump:arena=1MiB")});
  app::finish_loading(state);
  EXPECT_EQ(state.stages.size(), 2u);
  EXPECT_EQ(events(), part);
}

TEST_F(AppOpening, a_fault_in_the_rest_leaves_the_part_and_says_where_it_is) {
  const std::string path = write("long.jsonl", grown_log(5000, 0, "[\"a\", 1, -5]\n"));
  begin(path);
  const std::uint64_t part = events();
  seek(state, 50);
  finish();
  ASSERT_TRUE(state.trouble.has_value());
  EXPECT_EQ(state.trouble->where.file, path);
  EXPECT_EQ(state.trouble->where.line, 5002u);
  EXPECT_EQ(events(), part);
  EXPECT_EQ(state.cursor().event, 50u);
  EXPECT_TRUE(state.document.first_part);
}

TEST_F(AppOpening, another_file_or_the_end_of_the_program_does_not_wait_for_the_rest) {
  begin(write("long.jsonl", grown_log(5000)));
  const std::string short_one = write("short.jsonl", grown_log(50));
  act(state, {.what = Do::OpenFile, .text = write("rubbish", "of no kind that is known")});
  app::finish_loading(state);
  EXPECT_TRUE(state.trouble.has_value());
  EXPECT_TRUE(state.document.first_part) << "the part is what is open";
  EXPECT_TRUE(app::is_reading_rest(state));
  act(state, {.what = Do::OpenFile, .text = short_one});
  app::finish_loading(state);
  EXPECT_EQ(events(), 50u);
  EXPECT_FALSE(state.document.first_part);
  gate->open();
  gate = std::make_shared<Gate>();
  state.long_logs.before_rest = [gate = gate] { gate->pass(); };
  begin(write("long.jsonl", grown_log(5000)));
  gate->open();
  state = opened(kLesson);  // as when the program ends
}

TEST_F(AppOpening, a_part_that_is_not_how_the_whole_begins_gives_way_to_it_as_to_another_document) {
  // Of two processes the busiest is read: at the beginning it is another one than in all.
  std::string text;
  for (int i = 0; i < 4000; ++i) {
    text += fmt::format("--{}-- malloc({}) = 0x{:x}\n", i < 900 ? 11 : 22, 16 + i % (i < 900 ? 100 : 77),
                        0x4a00000 + 64 * i);
  }
  begin(write("two.vgtrace", text));
  seek(state, 100);
  act(state, {.what = Do::SetEventText, .position = {3}, .text = "of the other process"});
  finish();
  EXPECT_EQ(events(), 3100u);
  EXPECT_EQ(state.cursor().event, 0u);
  EXPECT_EQ(state.document.trace->mark_name(2), nullptr);
  EXPECT_TRUE(state.history.undo.empty());
}

TEST_F(AppOpening, of_several_processes_another_one_is_shown_when_it_is_asked_for) {
  std::string text = "pid,op,ptr,size\n";
  for (int i = 0; i < 4000; ++i) text += fmt::format("{},malloc,0x{:x},16\n", i % 4 == 0 ? 11 : 22, 0x1000 + 64 * i);
  const std::string path = write("two.csv", text);
  begin(path);
  finish();
  EXPECT_EQ(events(), 3000u);
  act(state, {.what = Do::OpenProcess, .number = 22});
  act(state, {.what = Do::OpenProcess, .number = 33});
  EXPECT_FALSE(app::is_in_use(state)) << "it is the one that is shown, or there is none";
  act(state, {.what = Do::OpenProcess, .number = 11});
  app::finish_loading(state);
  EXPECT_EQ(events(), 1000u);
  EXPECT_EQ(state.document.path, path);
  EXPECT_EQ(state.document.trace->header().process, 11u);
  EXPECT_EQ(state.document.trace->header().processes, (std::vector<trace::LoggedProcess>{{11, 1000}, {22, 3000}}));
  app::Arguments arguments;
  arguments.file = path;
  arguments.process = 11;
  arguments.wait = true;
  arguments.remember = false;
  const auto started = app::start(arguments);
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(started->document.trace->size(), 1000u);
}

TEST_F(AppOpening, sums_by_group_are_not_seen_to_empty) {
  begin(write("long.jsonl", grown_log(5000)));
  seek(state, 200);
  act(state, Do::ShowGroups);
  act(state, {.what = Do::SetGroupBy, .number = static_cast<std::uint64_t>(analyze::GroupBy::Thread)});
  while (app::is_grouping(state)) app::group_on(state, 1000);
  const std::vector<analyze::GroupRow> rows = state.groups.rows;
  ASSERT_EQ(rows.size(), 2u);
  finish();
  ASSERT_EQ(state.groups.rows.size(), 2u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(app::value_of(state.groups.rows[i], app::GroupColumn::LiveBytes),
              app::value_of(rows[i], app::GroupColumn::LiveBytes));
  }
}

// What was read once is kept as columns.
struct AppKeeping : AppOpening {
  std::string path = "";

  void SetUp() override {
    AppOpening::SetUp();
    gate->open();
    state.long_logs.cache = {.folder = (folder / "cache").string(), .from_events = 1000};
    path = write("long.jsonl", grown_log(5000));
  }
  void open(const std::string& file) {
    act(state, {.what = Do::OpenFile, .text = file});
    app::finish_loading(state);
  }
  void wait_until_kept() {
    for (int i = 0; i < 20'000 && state.keeping != nullptr; ++i) {
      app::tick(state, state.now_s + 0.001);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(state.keeping, nullptr);
  }
  [[nodiscard]] std::vector<fs::path> kept_replays() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(state.long_logs.cache.folder)) {
      if (entry.path().extension() == ".replay") files.push_back(entry.path());
    }
    return files;
  }
  [[nodiscard]] bool is_kept(const std::string& file) const {
    return trace::read_cached(state.long_logs.cache, *trace::mark_of(file)).has_value();
  }
};

TEST_F(AppKeeping, a_long_log_is_opened_from_its_columns_the_next_time) {
  open(path);
  EXPECT_FALSE(state.document.trace->is_borrowed());
  wait_until_kept();
  const std::shared_ptr<trace::Trace> read = state.document.trace;
  state.long_logs.first_events = 300;
  for (const auto& file : kept_replays()) fs::remove(file);
  gate = std::make_shared<Gate>();
  state.long_logs.before_rest = [gate = gate] { gate->pass(); };
  begin(path);
  EXPECT_EQ(events(), 300u);
  EXPECT_TRUE(state.document.first_part);
  finish();
  EXPECT_TRUE(state.document.trace->is_borrowed());
  wait_until_kept();
  EXPECT_EQ(kept_replays().size(), 1u) << "replayed anew, and kept again";
  fs::remove_all(state.long_logs.cache.folder);  // while it is mapped
  EXPECT_EQ(trace::difference(*state.document.trace, *read), "");
  act(state, {.what = Do::SetEventText, .position = {3}, .text = "here"});
  EXPECT_EQ(*state.document.trace->mark_name(2), "here");
}

TEST_F(AppKeeping, what_a_long_replay_found_is_there_at_once_the_next_time) {
  open(path);
  wait_until_kept();
  EXPECT_EQ(kept_replays().size(), 1u);
  seek(state, 4000);
  const replay::Census census = state.timeline().census();
  const std::vector<std::uint64_t> failures = state.timeline().failures();
  state.long_logs.first_events = 300;
  bool parts = false;
  state.long_logs.before_rest = [&parts] { parts = true; };
  open(path);
  EXPECT_FALSE(parts) << "there is nothing to show meanwhile";
  EXPECT_TRUE(state.stages.front().kept);
  EXPECT_EQ(state.keeping, nullptr) << "all is there already";
  seek(state, 4000);
  EXPECT_TRUE(state.timeline().census() == census);
  EXPECT_EQ(state.timeline().failures(), failures);
  // Another allocator's replay, and back.
  const trace::AllocatorSpec before = state.timeline().spec();
  app::MakeUp other{.named = {}, .shown = {*trace::parse_spec("buddy:arena=64MiB,min=32")}};
  app::change_make_up(state, other, app::Remember::New);
  app::finish_loading(state);
  EXPECT_NE(state.keeping, nullptr);
  wait_until_kept();
  EXPECT_EQ(kept_replays().size(), 2u);
  app::change_make_up(state, {.named = {}, .shown = {before}}, app::Remember::New);
  app::finish_loading(state);
  EXPECT_TRUE(state.stages.front().kept);
  EXPECT_EQ(state.keeping, nullptr);
}

TEST_F(AppKeeping, events_put_in_by_hand_are_replayed_whatever_is_kept_of_the_log) {
  open(path);
  wait_until_kept();
  EXPECT_TRUE(app::kept_replays(state));
  seek(state, 3);
  act(state, {.what = Do::InsertEvent, .text = "64"});
  ASSERT_EQ(events(), 5001u);
  EXPECT_FALSE(app::kept_replays(state));
}

TEST_F(AppKeeping, a_log_that_has_changed_is_read_anew) {
  open(path);
  wait_until_kept();
  write("long.jsonl", grown_log(6000));
  open(path);
  EXPECT_EQ(events(), 6000u);
  EXPECT_FALSE(state.document.trace->is_borrowed());
}

TEST_F(AppKeeping, what_is_written_in_the_window_is_not_kept_as_what_the_log_says) {
  gate = std::make_shared<Gate>();
  state.long_logs.before_rest = [gate = gate] { gate->pass(); };
  begin(path);
  act(state, {.what = Do::SetEventText, .position = {3}, .text = "mine"});
  finish();
  wait_until_kept();
  EXPECT_FALSE(is_kept(path));
  EXPECT_EQ(kept_replays().size(), 1u) << "a mark changes nothing for a replay";
  open(path);
  act(state, {.what = Do::SetEventText, .position = {3}, .text = "mine"});
  EXPECT_EQ(state.keeping, nullptr) << "nobody reads it any more";
  wait_until_kept();
  if (is_kept(path)) {
    EXPECT_EQ(trace::read_cached(state.long_logs.cache, *trace::mark_of(path))->mark_name(2), nullptr);
  }
}

TEST_F(AppKeeping, nothing_is_kept_of_short_logs_or_where_it_is_not_wanted) {
  const std::string folder_of_cache = state.long_logs.cache.folder;
  open(write("short.jsonl", grown_log(900)));
  EXPECT_EQ(state.keeping, nullptr);
  state.settings.keep_logs = false;
  open(path);
  EXPECT_EQ(state.keeping, nullptr);
  state.settings.keep_logs = true;
  state.long_logs.cache.folder.clear();
  open(path);
  EXPECT_EQ(state.keeping, nullptr);
  EXPECT_FALSE(fs::exists(folder_of_cache));
}

TEST_F(AppKeeping, nobody_waits_for_what_is_being_kept_and_a_folder_that_takes_nothing_is_no_trouble) {
  open(path);
  open(path);
  { const app::State left = std::exchange(state, opened(kLesson)); }
  app::LongLogs& ways = state.long_logs;
  ways.cache = {.folder = write("a-file", "in the place of the folder"), .from_events = 1000};
  open(path);
  wait_until_kept();
  EXPECT_EQ(events(), 5000u);
  EXPECT_FALSE(state.trouble.has_value());
}

TEST_F(AppKeeping, what_is_kept_and_damaged_is_read_from_the_log) {
  open(path);
  wait_until_kept();
  const std::string kept = trace::cached_path(state.long_logs.cache, *trace::mark_of(path));
  fs::resize_file(kept, fs::file_size(kept) / 2);
  open(path);
  EXPECT_EQ(events(), 5000u);
  EXPECT_FALSE(state.document.trace->is_borrowed());
  wait_until_kept();
  EXPECT_TRUE(is_kept(path)) << "and kept again";
}

}  // namespace
