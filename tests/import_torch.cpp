// PyTorch's memory snapshots: JSON and pickle say the same, what was live before the record is rebuilt, and a pickle
// makes nothing happen.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/import_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::import::torch_test {
namespace {

using namespace std::string_literals;
using trace::Op;
using trace::Trace;

std::string trouble_of(std::string_view format, std::string_view text) {
  const auto trace = read_text(format, text);
  return trace.ok() ? "it was read" : trace.trouble().text();
}

// The figures are printed by tests/data/import/torch-small.py, which counts them with a dict.
TEST(Torch, json_and_pickle_give_the_figures_that_were_counted_elsewhere) {
  for (const char* name : {"torch-small.json", "torch-small.pickle"}) {
    SCOPED_TRACE(name);
    const auto trace = open_trace(data_path(name));
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    EXPECT_EQ(trace->facts().allocs, 120u);
    EXPECT_EQ(trace->facts().frees, 58u);
    EXPECT_EQ(trace->facts().failed_requests, 1u);
    EXPECT_EQ(trace->facts().unknown_frees, 0u);
    EXPECT_EQ(trace->facts().implicit_frees, 0u);
    EXPECT_EQ(trace->facts().peak_live_bytes, 13760764u);
    EXPECT_EQ(trace->facts().live_blocks_at_end, 61u);
    EXPECT_EQ(trace->facts().live_bytes_at_end, 12718280u);
    EXPECT_TRUE(warns(*trace, "40 blocks were live when the record began"));
    EXPECT_EQ(trace->header().process, 1u);
    ASSERT_EQ(trace->header().processes.size(), 2u);
    EXPECT_EQ(trace->header().processes[0], (trace::LoggedProcess{0, 30}));
    EXPECT_TRUE(warns(*trace, "2 devices: device 1 was read, 30 entries of the others were left out"));
    EXPECT_EQ(fault_of_import(*trace), "");
    EXPECT_EQ(trace->event(0).align(), 512u);
  }
  const auto json = open_trace(data_path("torch-small.json"));
  const auto pickle = open_trace(data_path("torch-small.pickle"));
  ASSERT_TRUE(json.ok() && pickle.ok());
  std::string difference = trace::difference(*json, *pickle);
  EXPECT_EQ(difference, "header: name");  // which is the file's
  EXPECT_EQ(json->sites().size(), pickle->sites().size());
}

TEST(Torch, another_device_can_be_asked_for) {
  for (const char* name : {"torch-small.json", "torch-small.pickle"}) {
    const auto trace = open_trace(data_path(name), {}, {.limits = {}, .process = 0});
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    EXPECT_EQ(trace->facts().allocs, 11u);
    EXPECT_EQ(trace->facts().frees, 9u);
    EXPECT_EQ(trace->facts().peak_live_bytes, 2102664u);
    EXPECT_EQ(trace->facts().live_bytes_at_end, 1048576u);
    const auto none = open_trace(data_path(name), {}, {.limits = {}, .process = 7});
    ASSERT_FALSE(none.ok());
    EXPECT_NE(none.trouble().text().find("no device 7"), std::string::npos);
  }
}

std::string json_of(std::string_view entries, std::string_view blocks = "") {
  return "{\"segments\": [{\"device\": 0, \"total_size\": 9, \"blocks\": [" + std::string(blocks) +
         "]}], \"device_traces\": [[" + std::string(entries) + "]]}";
}

TEST(Torch, a_block_lives_until_its_free_is_completed) {
  const Trace trace = trace_of(
      "torch-json", json_of(R"({"action": "segment_alloc", "addr": 4096, "size": 1048576, "stream": 0, "time_us": 5},
                 {"action": "alloc", "addr": 4096, "size": 700, "stream": 3, "time_us": 10,
                  "frames": [{"name": "f", "filename": "/a/b.py", "line": 7}, {"name": "main", "filename": "??", "line": 0}]},
                 {"action": "free_requested", "addr": 4096, "size": 700, "stream": 3, "time_us": 11},
                 {"action": "free_completed", "addr": 4096, "size": 700, "stream": 3, "time_us": 14},
                 {"action": "oom", "device_free": 1048576, "size": 99, "stream": 0, "time_us": 15},
                 {"action": "snapshot", "addr": 0, "size": 0, "stream": 0, "time_us": 16})"));
  ASSERT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.event(0).size, 700u);
  EXPECT_EQ(trace.event(1).op, Op::Free);
  EXPECT_EQ(trace.event(1).time_ns, 9000u);  // since the record's first entry
  EXPECT_TRUE(trace.event(2).has(trace::kFailedThere));
  EXPECT_EQ(*trace.note(2), "Out of memory: the device had 1 MiB free.");
  EXPECT_EQ(*trace.mark_name(3), "snapshot");
  EXPECT_EQ(trace.tags()[trace.event(0).tag - 1], "stream 3");
  const auto& frames = trace.sites()[trace.event(0).site - 1].frames;
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0], "b.py:7 f");
  EXPECT_EQ(frames[1], "main");
}

TEST(Torch, what_lived_before_the_ring_began_is_rebuilt_from_both_ends) {
  const Trace trace = trace_of(
      "torch-json", json_of(R"({"action": "free_completed", "addr": 8192, "size": 50, "stream": 0, "time_us": 1})",
                            R"({"address": 4096, "size": 512, "requested_size": 300, "state": "active_allocated"},
                               {"address": 12288, "size": 512, "requested_size": 0, "state": "inactive"},
                               {"address": 16384, "size": 512, "state": "active_pending_free"})"));
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_EQ(trace.event(0).addr, 4096u);
  EXPECT_EQ(trace.event(0).size, 300u);
  EXPECT_EQ(trace.event(1).addr, 8192u);
  EXPECT_EQ(trace.event(2).size, 512u);
  EXPECT_EQ(*trace.mark_name(3), "the record begins");
  EXPECT_EQ(trace.event(4).id, trace.event(1).id);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 812u);
}

TEST(Torch, a_state_without_events_is_refused_with_what_to_do) {
  const std::string said = trouble_of("torch-json", json_of(""));
  EXPECT_NE(said.find("a state and no events"), std::string::npos) << said;
  EXPECT_NE(said.find("_record_memory_history"), std::string::npos) << said;
}

// A key or a text of a pickle: SHORT_BINUNICODE.
std::string u(std::string_view text) {
  return "\x8c" + std::string(1, static_cast<char>(text.size())) + std::string(text);
}

TEST(Torch, blocks_of_older_snapshots_lie_one_behind_the_other_and_keep_their_sizes_in_a_history) {
  // What PyTorch 2.0 wrote: a block says neither where it is nor what was asked for.
  const Trace json =
      trace_of("torch-json", R"({"segments": [{"device": 0, "address": 8192, "total_size": 2048, "blocks": [
      {"size": 512, "state": "active_allocated", "history": [{"addr": 8192, "real_size": 300, "frames": []},
                                                             {"addr": 8192, "real_size": 7}]},
      {"size": 1024, "state": "inactive"}, {"size": 512, "state": "active_allocated"}]}],
      "device_traces": [[{"action": "alloc", "addr": 65536, "size": 9, "stream": 0}]]})");
  const std::string pickled = "\x80\x04}(" + u("segments") + "](}(" + u("address") + "M\x00\x20"s + u("blocks") + "](" +
                              "}("s + u("size") + "M\x00\x02"s + u("state") + u("active_allocated") + u("history") +
                              "]}(" + u("real_size") + "M\x2c\x01" + "uau" + "}(" + u("size") + "M\x00\x04"s +
                              u("state") + u("inactive") + "u" + "}(" + u("size") + "M\x00\x02"s + u("state") +
                              u("active_allocated") + "ue" + "ue" + u("device_traces") + "]](}(" + u("action") +
                              u("alloc") + u("addr") + "J\x00\x00\x01\x00"s + u("size") + "K\x09" + "uea" + "u.";
  const Trace pickle = trace_of("torch-pickle", pickled);
  for (const Trace* trace : {&json, &pickle}) {
    ASSERT_EQ(trace->facts().allocs, 3u);
    EXPECT_EQ(trace->event(0).addr, 8192u);
    EXPECT_EQ(trace->event(0).size, 300u);
    EXPECT_EQ(trace->event(1).addr, 8192u + 1536);
    EXPECT_EQ(trace->event(1).size, 512u);
    EXPECT_EQ(trace->facts().live_bytes_at_end, 300u + 512 + 9);
    EXPECT_FALSE(warns(*trace, "not of a form known"));
  }
}

TEST(Torch, segments_alone_are_refused_with_what_to_do) {
  const std::string json =
      R"([{"device": 0, "address": 8192, "total_size": 2048, "blocks": [{"size": 512, "state": "active_allocated"}]}])";
  EXPECT_GT(importer_named("torch-json").recognise(json), 0);
  const std::string pickle = "\x80\x04](}(" + u("address") + "M\x00\x20"s + u("blocks") + "](}(" + u("size") + "K\x40" +
                             u("state") + u("inactive") + "ueue.";
  for (const std::string& said : {trouble_of("torch-json", json), trouble_of("torch-pickle", pickle)}) {
    EXPECT_NE(said.find("a state and no events"), std::string::npos) << said;
    EXPECT_NE(said.find("_record_memory_history"), std::string::npos) << said;
  }
}

TEST(Torch, entries_of_a_form_not_known_are_left_out_and_counted) {
  const Trace trace = trace_of("torch-json", json_of(R"({"action": "alloc", "addr": 4096, "size": 5},
      {"action": "teleport", "addr": 1}, {"action": "alloc", "addr": 0, "size": 5}, {"action": "alloc", "addr": -5,
      "size": 1}, {"action": "alloc", "addr": 512, "size": 9223372036854775808}, {}, {"action": 7})"));
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "6 entries are not of a form known here"));
}

TEST(Torch, json_cut_anywhere_keeps_its_complete_entries) {
  const std::string text = text_of(data_path("torch-small.json"));
  std::uint64_t read = 0, last = 0;
  for (std::size_t length = 0; length < text.size(); length += test::kSanitized ? 331 : length < 3000 ? 1 : 97) {
    const auto trace = read_text("torch-json", std::string_view(text).substr(0, length), {.limits = {}, .process = 0});
    if (!trace) {
      ASSERT_EQ(read, 0u) << length << " " << trace.trouble().text();
      continue;
    }
    ++read;
    ASSERT_TRUE(warns(*trace, "cut short")) << length;
    ASSERT_EQ(fault_of_import(*trace), "") << length;
    ASSERT_GE(trace->facts().events() + 2, last) << length;
    last = trace->facts().events();
  }
  EXPECT_GT(read, test::fewer(100, 50));
}

TEST(Torch, a_pickle_cut_anywhere_keeps_its_complete_entries) {
  const std::string text = text_of(data_path("torch-small.pickle"));
  std::uint64_t read = 0, most = 0;
  for (std::size_t length = 0; length < text.size(); length += test::kSanitized ? 7 : 1) {
    const auto trace =
        read_text("torch-pickle", std::string_view(text).substr(0, length), {.limits = {}, .process = 0});
    if (!trace) {
      ASSERT_EQ(read, 0u) << length << " " << trace.trouble().text();
      continue;
    }
    ++read;
    ASSERT_TRUE(warns(*trace, "cut short")) << length;
    ASSERT_EQ(fault_of_import(*trace), "") << length;
    most = std::max(most, trace->facts().events());
  }
  EXPECT_GT(read, test::fewer(300));
  EXPECT_GE(most, 19u);
}

TEST(Torch, broken_json_and_json_nested_too_deep_are_told_from_a_cut) {
  EXPECT_NE(trouble_of("torch-json", "{\"segments\": [}").find("broken"), std::string::npos);
  const std::string nested = "{\"device_traces\": " + std::string(1'000'000, '[');
  EXPECT_NE(trouble_of("torch-json", nested).find("nested deeper than 64"), std::string::npos);
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "{\"device_traces\":";
    return text;
  }();
  EXPECT_NE(trouble_of("torch-json", objects).find("nested deeper than 64"), std::string::npos);
}

TEST(Torch, a_value_without_end_is_refused_before_it_fills_the_memory) {
  const std::string text = "{\"device_traces\": \"" + std::string(std::size_t{17} << 20, 'x');
  EXPECT_NE(trouble_of("torch-json", text).find("one value is longer than 16 MiB"), std::string::npos);
}

TEST(TorchPickle, whatever_would_run_code_is_refused_by_name) {
  struct Case {
    std::string pickle;
    const char* said;
  };
  const Case cases[] = {
      {"\x80\x04"s + "cos\nsystem\n(S'echo'\ntR.", "import something by name (GLOBAL os.system)"},
      {"\x80\x04\x8c\x02os\x8c\x06system\x93."s, "import something by name (STACK_GLOBAL os.system)"},
      {"\x80\x02}R."s, "call a function (REDUCE)"},
      {"\x80\x02(ios\nsystem\n."s, "import a class and make one of it (INST os.system)"},
      {"\x80\x02(}o."s, "(OBJ)"},
      {"\x80\x02})\x81."s, "(NEWOBJ)"},
      {"\x80\x04})}\x92."s, "(NEWOBJ_EX)"},
      {"\x80\x02}}b."s, "(BUILD)"},
      {"\x80\x02Pname\n."s, "(PERSID)"},
      {"\x80\x02}Q."s, "(BINPERSID)"},
      {"\x80\x02\x82\x01."s, "(EXT1)"},
      {"\x80\x05\x97."s, "(NEXT_BUFFER)"},
  };
  for (const Case& c : cases) {
    const std::string said = trouble_of("torch-pickle", c.pickle);
    EXPECT_NE(said.find(c.said), std::string::npos) << said;
    EXPECT_NE(said.find("nothing of a file is ever executed"), std::string::npos) << said;
  }
}

TEST(TorchPickle, what_no_pickler_writes_is_refused_and_costs_nothing) {
  const auto said = [](const std::string& text) { return trouble_of("torch-pickle", text); };
  EXPECT_NE(said("\x80\x09."s).find("from the future"), std::string::npos);
  EXPECT_NE(said("\x80\x04."s).find("nothing on its stack"), std::string::npos);
  EXPECT_NE(said("\x80\x04\xfe"s).find("0xfe is no opcode"), std::string::npos);
  EXPECT_NE(said("\x80\x04}r\xff\xff\xff\xff."s).find("memo 4294967295 comes too early"), std::string::npos);
  EXPECT_NE(said("\x80\x04j\x05\0\0\0."s).find("memo 5 was never made"), std::string::npos);
  EXPECT_NE(said("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"s).find("is said to follow"), std::string::npos);
  EXPECT_NE(said("\x80\x04s"s).find("takes more from its stack"), std::string::npos);
  EXPECT_NE(said("\x80\x04u"s).find("a mark is missing"), std::string::npos);
  EXPECT_NE(said("\x80\x04}(Ku."s).find("no PyTorch memory snapshot"), std::string::npos);
  EXPECT_NE(said("\x80\x04}(K\x01u."s).find("a key has no value"), std::string::npos);
  EXPECT_NE(said("\x80\x04K\x01K\x02"
                 "a."s)
                .find("appends to no list"),
            std::string::npos);
  EXPECT_NE(said("\x80\x04K\x01K\x02K\x03s."s).find("sets a key of no dict"), std::string::npos);
  EXPECT_NE(said("\x80\x04]."s).find("no PyTorch memory snapshot"), std::string::npos);
  EXPECT_NE(said("\x80\x04" + std::string(5'000'000, '(')).find("too deep"), std::string::npos);
  EXPECT_NE(said("\x80\x04" + std::string(5'000'000, 'N')).find("too deep"), std::string::npos);
}

// A list that holds itself, and one that holds another many times over: no walk follows them without end.
TEST(TorchPickle, lists_in_circles_are_no_trouble) {
  const std::string circle =
      "\x80\x04}\x94(\x8c\x0d"
      "device_traces]\x94h\x01"
      "ah\x01"
      "a\x8c\x08segments]u."s;
  EXPECT_NE(trouble_of("torch-pickle", circle).find("no events"), std::string::npos)
      << trouble_of("torch-pickle", circle);
}

TEST(TorchJson, passes_over_what_the_program_noted) {
  const Trace trace =
      trace_of("torch-json", R"({"segments":[],"device_traces":[[{"action":"alloc","addr":4096,"size":64},)"
                             R"({"action":"user_defined","addr":0,"size":0,"user_metadata":"epoch 2"},)"
                             R"({"action":"free_completed","addr":4096,"size":64}]]})");
  EXPECT_EQ(trace.facts().events(), 2u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(TorchJson, says_that_it_is_cut_where_its_events_would_come) {
  EXPECT_NE(trouble_of("torch-json", R"({"segments":[{"address":4096,"total_size":5,"blocks":[)").find("cut short"),
            std::string::npos);
}

TEST(TorchJson, reads_the_device_with_the_most_events_and_not_the_most_segments) {
  const Trace trace = trace_of("torch-json", R"({"segments":[],"device_traces":[[)"
                                             R"({"action":"segment_alloc","addr":4096,"size":2097152},)"
                                             R"({"action":"segment_free","addr":4096,"size":2097152},)"
                                             R"({"action":"segment_alloc","addr":4096,"size":2097152}],[)"
                                             R"({"action":"alloc","addr":8192,"size":64},)"
                                             R"({"action":"free_completed","addr":8192,"size":64}]]})");
  EXPECT_EQ(trace.header().process, 1u);
  EXPECT_EQ(trace.facts().events(), 2u);
}

TEST(TorchPickle, older_protocols_say_the_same) {
  // What pickle.dumps(..., protocol=2) gives for one device with one entry.
  const std::string text =
      "\x80\x02}q\x00(X\x08\x00\x00\x00segmentsq\x01]q\x02X\r\x00\x00\x00"
      "device_tracesq\x03]q\x04]q\x05}q\x06(X\x06\x00\x00\x00"
      "actionq\x07X\x05\x00\x00\x00"
      "allocq\x08X\x04\x00\x00\x00"
      "addrq\tM\x00\x10X\x04\x00\x00\x00sizeq\nK@X\x07\x00\x00\x00"
      "time_usq\x0b\x8a\x07\x00\x00\x00\x00\x00\x00\x01"
      "ua"
      "au."s;
  const Trace trace = trace_of("torch-pickle", text);
  ASSERT_EQ(trace.size(), 1u);
  EXPECT_EQ(trace.event(0).addr, 4096u);
  EXPECT_EQ(trace.event(0).size, 64u);
}

}  // namespace
}  // namespace allocviz::import::torch_test
