// A log costs no more memory than a small multiple of its own size, whatever it says: every operator new of this
// program is counted.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/import_support.h"
#include "tests/support/counted_memory.h"
#include "tests/support/sanitized.h"

namespace allocviz::import::memory_test {
namespace {

std::size_t cost_of(std::string_view format, const std::string& text) {
  test::forget_peak();
  { const auto trace = read_text(format, text); }
  return test::peak_bytes();
}

// `part` is made again and again, with the number of the time.
std::string repeated(std::string text, const std::function<std::string(int)>& part, const std::string& end = "") {
  for (int i = 0; text.size() < test::fewer(1'500'000); ++i) text += part(i);
  return text + end;
}

TEST(ImportMemory, a_log_costs_a_small_multiple_of_its_size_whatever_it_says) {
  using namespace std::string_literals;
  const auto number = [](int i) { return std::to_string(i); };
  const auto index = [](int i) {  // four bytes, lowest first
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(i >> shift & 0xff);
    return bytes;
  };
  const std::string vma = "Vulkan Memory Allocator,Calls recording\n1,8\n";
  const std::string torch = R"({"segments": [], "device_traces": [[{"action": "alloc", "addr": 1, "size": 1})";
  const struct {
    const char* format;
    const char* what;
    std::string text;
  } cases[] = {
      {"csv", "rows", repeated("op,ptr,size\n", [&](int i) { return "a," + number(i + 1) + ",1\n"; })},
      {"csv", "names", repeated("op,id,size\n", [&](int i) { return "a,n" + number(i) + ",1\n"; })},
      {"csv", "sites", repeated("op,id,size,site\n", [&](int i) { return "f,1,,s" + number(i) + "\n"; })},
      {"csv", "tasks", repeated("op,id,task\n", [&](int i) { return "f,1,t" + number(i) + "\n"; })},
      {"csv", "notes", repeated("op,id,note\n", [](int) { return "f,,n\n"s; })},
      {"csv", "processes", repeated("pid,op,id\n", [&](int i) { return number(i) + ",f,\n"; })},
      {"csv", "delimiters", repeated("op,id,size\n", [](int) { return ",,,,,,,,"s; })},
      {"csv", "quotes", repeated("op,id,size\n", [](int) { return "\"\",\"\"\n"s; })},
      {"csv", "open quotes", repeated("op,id,size\n", [](int) { return "\"\n"s; })},
      {"valgrind", "processes", repeated("", [&](int i) { return "--" + number(i) + "-- free(0x0)\n"; })},
      {"esp-heap", "records",
       repeated("", [&](int i) { return "1 bytes (@ 0x" + number(i + 10) + ") allocated CPU 0\nfreed by \n"; })},
      {"esp-heap", "look-ups", repeated("", [&](int i) { return "0x" + number(i) + ": f\n"; })},
      {"esp-heap", "tasks",
       repeated("", [&](int i) { return "[0.1] HEAP: Freed bytes @ 0x1 from task \"" + number(i) + "\n"; })},
      {"torch-json", "entries",
       repeated(
           torch, [](int) { return R"(,{"action":"alloc","addr":1})"s; }, "]]}")},
      {"torch-json", "empty entries",
       repeated(
           torch, [](int) { return ",{}"s; }, "]]}")},
      {"torch-json", "devices",
       repeated(
           "{\"device_traces\": [[]", [](int) { return ",[{}]"s; }, "]}")},
      {"torch-json", "frames",
       repeated(
           "{\"device_traces\": [[{\"frames\": [{}", [&](int i) { return R"(,{"name":")" + number(i) + "\"}"; },
           "]}]]}")},
      {"torch-json", "brackets", repeated("{\"x\": ", [](int) { return "["s; })},
      {"torch-json", "blanks", repeated("{\"x\": ", [](int) { return " "s; })},
      {"torch-pickle", "texts", repeated("\x80\x04]", [](int) { return "\x8c\0a"s; })},
      {"torch-pickle", "lists", repeated("\x80\x04]", [](int) { return "]a"s; })},
      {"torch-pickle", "dicts", repeated("\x80\x04]", [](int) { return "}a"s; })},
      {"torch-pickle", "memos", repeated("\x80\x04]", [&](int i) { return "r"s + index(i); })},
      {"torch-pickle", "one list many times", repeated("\x80\x04]\x94", [](int) { return "h\0a"s; })},
      {"torch-pickle", "marks", repeated("\x80\x04", [](int) { return "("s; })},
      {"torch-pickle", "nothing", repeated("\x80\x04", [](int) { return "N"s; })},
      {"wee-alloc", "frees", repeated("", [&](int i) { return "Free(" + number(i) + "),"; })},
      {"vma", "texts",
       repeated(vma, [&](int i) { return "1,0.1,0,vmaCreateBuffer,0,1,1,0,32,2,0,0,0,0," + number(i + 1) + ",a\n"; })},
      {"vma", "threads", repeated(vma, [&](int i) { return number(i) + ",0.1,0,vmaFreeMemory,0\n"; })},
      {"vma", "images",
       repeated(vma, [&](int i) { return "1,0.1,0,vmaCreateLostAllocation," + number(i + 1) + "\n"; })},
      {"vma", "pages",
       repeated(
           vma + "1,0.1,0,vmaFreeMemoryPages,", [](int) { return "0 "s; }, "\n")},
      {"malloc-bench", "frees", repeated("", [](int) { return "\n\x02\x12\0"s; })},
      {"malloc-bench", "slots", repeated("", [&](int i) { return "\n\x08\n\x06\x08\x80"s + index(i | 0x00808080); })},
      {"glibc-trace", "realloc in parts",
       repeated("",
                [&](int i) {
                  std::string record(64, '\0');
                  record.replace(0, 4, index(i));
                  record[4] = i == 0 ? '\xff' : '\x04';
                  record[5] = '\x40';
                  record.replace(8, 4, i == 0 ? "\x34\x12\0\0"s : index(i));
                  record[24] = '\x08';
                  return record;
                })},
      {"torch-pickle", "bytes", repeated("\x80\x04]", [](int) { return "C\0a"s; })},
  };
  for (const auto& [format, what, text] : cases) {
    const double times = static_cast<double>(cost_of(format, text)) / static_cast<double>(text.size());
    RecordProperty(std::string(format) + ", " + what, std::to_string(times));
    EXPECT_LT(times, 40) << format << ", " << what << " cost " << times << " times their size";
  }
}

}  // namespace
}  // namespace allocviz::import::memory_test
