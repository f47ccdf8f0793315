#include "core/import/csv_words.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace allocviz::import {
namespace {

using trace::Op;

constexpr CsvName kFields[] = {
    {"op", CsvField::Op},
    {"operation", CsvField::Op},
    {"action", CsvField::Op},
    {"event", CsvField::Op},
    {"type", CsvField::Op},
    {"kind", CsvField::Op},
    {"call", CsvField::Op},
    {"eventtype", CsvField::Op},
    {"function", CsvField::Op},
    {"isalloc", CsvField::Op},
    {"ismalloc", CsvField::Op},
    {"isallocation", CsvField::Op},
    {"isfree", CsvField::Op},
    {"func", CsvField::Op},
    {"api", CsvField::Op},
    {"optype", CsvField::Op},
    {"opcode", CsvField::Op},
    {"method", CsvField::Op},
    {"fn", CsvField::Op},
    {"functionname", CsvField::Op},
    {"eventname", CsvField::Op},
    {"operationtype", CsvField::Op},
    {"id", CsvField::Id},
    {"handle", CsvField::Id},
    {"blockid", CsvField::Id},
    {"buffer", CsvField::Id},
    {"bufferid", CsvField::Id},
    {"allocid", CsvField::Id},
    {"allocationid", CsvField::Id},
    {"block", CsvField::Id},
    {"object", CsvField::Id},
    {"slot", CsvField::Id},
    {"addr", CsvField::Addr},
    {"address", CsvField::Addr},
    {"ptr", CsvField::Addr},
    {"pointer", CsvField::Addr},
    {"mem", CsvField::Addr},
    {"newaddr", CsvField::Addr},
    {"newaddress", CsvField::Addr},
    {"newptr", CsvField::Addr},
    {"pvaddress", CsvField::Addr},
    {"result", CsvField::Addr},
    {"retval", CsvField::Addr},
    {"blockaddr", CsvField::Addr},
    {"blockaddress", CsvField::Addr},
    {"blockptr", CsvField::Addr},
    {"memaddr", CsvField::Addr},
    {"memaddress", CsvField::Addr},
    {"memoryaddress", CsvField::Addr},
    {"memptr", CsvField::Addr},
    {"newpointer", CsvField::Addr},
    {"return", CsvField::Addr},
    {"returned", CsvField::Addr},
    {"returnvalue", CsvField::Addr},
    {"ret", CsvField::Addr},
    {"old", CsvField::Old},
    {"oldaddr", CsvField::Old},
    {"oldaddress", CsvField::Old},
    {"oldptr", CsvField::Old},
    {"oldpointer", CsvField::Old},
    {"from", CsvField::Old},
    {"oldmem", CsvField::Old},
    {"prev", CsvField::Old},
    {"previous", CsvField::Old},
    {"prevaddr", CsvField::Old},
    {"prevaddress", CsvField::Old},
    {"prevptr", CsvField::Old},
    {"prevpointer", CsvField::Old},
    {"previousaddr", CsvField::Old},
    {"previousaddress", CsvField::Old},
    {"previousptr", CsvField::Old},
    {"previouspointer", CsvField::Old},
    {"origaddr", CsvField::Old},
    {"origptr", CsvField::Old},
    {"originaladdress", CsvField::Old},
    {"originalptr", CsvField::Old},
    {"fromaddr", CsvField::Old},
    {"fromptr", CsvField::Old},
    {"ptrold", CsvField::Old},
    {"oldblock", CsvField::Old},
    {"arg", CsvField::Old},
    {"argument", CsvField::Old},
    {"size", CsvField::Size},
    {"bytes", CsvField::Size},
    {"length", CsvField::Size},
    {"len", CsvField::Size},
    {"requested", CsvField::Size},
    {"nbytes", CsvField::Size},
    {"sizebytes", CsvField::Size},
    {"uisize", CsvField::Size},
    {"amount", CsvField::Size},
    {"requestedsize", CsvField::Size},
    {"allocsize", CsvField::Size},
    {"newsize", CsvField::Size},
    {"delta", CsvField::Size},
    {"blocksize", CsvField::Size},
    {"allocatedsize", CsvField::Size},
    {"allocationsize", CsvField::Size},
    {"allocatedbytes", CsvField::Size},
    {"bytesallocated", CsvField::Size},
    {"bytesreq", CsvField::Size},
    {"bytesrequested", CsvField::Size},
    {"requestsize", CsvField::Size},
    {"numbytes", CsvField::Size},
    {"bytecount", CsvField::Size},
    {"sizeinbytes", CsvField::Size},
    {"memsize", CsvField::Size},
    {"align", CsvField::Align},
    {"alignment", CsvField::Align},
    {"t", CsvField::Time},
    {"time", CsvField::Time},
    {"timestamp", CsvField::Time},
    {"ts", CsvField::Time},
    {"tick", CsvField::Time},
    {"ticks", CsvField::Time},
    {"elapsed", CsvField::Time},
    {"thread", CsvField::Thread},
    {"tid", CsvField::Thread},
    {"threadid", CsvField::Thread},
    {"task", CsvField::Thread},
    {"taskname", CsvField::Thread},
    {"threadname", CsvField::Thread},
    {"pid", CsvField::Process},
    {"process", CsvField::Process},
    {"processid", CsvField::Process},
    {"site", CsvField::Site},
    {"caller", CsvField::Site},
    {"callsite", CsvField::Site},
    {"location", CsvField::Site},
    {"stack", CsvField::Site},
    {"backtrace", CsvField::Site},
    {"file", CsvField::File},
    {"source", CsvField::File},
    {"line", CsvField::Line},
    {"lineno", CsvField::Line},
    {"tag", CsvField::Tag},
    {"label", CsvField::Tag},
    {"category", CsvField::Tag},
    {"pool", CsvField::Tag},
    {"heap", CsvField::Tag},
    {"heapid", CsvField::Tag},
    {"cache", CsvField::Tag},
    {"name", CsvField::Tag},
    {"count", CsvField::Count},
    {"nmemb", CsvField::Count},
    {"nelem", CsvField::Count},
    {"nelems", CsvField::Count},
    {"num", CsvField::Count},
    {"nitems", CsvField::Count},
    {"elements", CsvField::Count},
    {"note", CsvField::Note},
    {"comment", CsvField::Note},
    {"lower", CsvField::Begin},
    {"begin", CsvField::Begin},
    {"begins", CsvField::Begin},
    {"start", CsvField::Begin},
    {"birth", CsvField::Begin},
    {"born", CsvField::Begin},
    {"bornat", CsvField::Begin},
    {"created", CsvField::Begin},
    {"createdat", CsvField::Begin},
    {"alloctime", CsvField::Begin},
    {"alloctimestamp", CsvField::Begin},
    {"allocts", CsvField::Begin},
    {"allocationtime", CsvField::Begin},
    {"allocatedat", CsvField::Begin},
    {"allocat", CsvField::Begin},
    {"malloctime", CsvField::Begin},
    {"mallocat", CsvField::Begin},
    {"starttime", CsvField::Begin},
    {"startts", CsvField::Begin},
    {"starttimestamp", CsvField::Begin},
    {"begintime", CsvField::Begin},
    {"timestart", CsvField::Begin},
    {"firstuse", CsvField::Begin},
    {"upper", CsvField::End},
    {"end", CsvField::End},
    {"ends", CsvField::End},
    {"finish", CsvField::End},
    {"death", CsvField::End},
    {"died", CsvField::End},
    {"diedat", CsvField::End},
    {"destroyed", CsvField::End},
    {"destroyedat", CsvField::End},
    {"freetime", CsvField::End},
    {"freetimestamp", CsvField::End},
    {"freets", CsvField::End},
    {"freedat", CsvField::End},
    {"freeat", CsvField::End},
    {"deallocatedat", CsvField::End},
    {"dealloctime", CsvField::End},
    {"deallocationtime", CsvField::End},
    {"releasedat", CsvField::End},
    {"releasetime", CsvField::End},
    {"endtime", CsvField::End},
    {"endts", CsvField::End},
    {"endtimestamp", CsvField::End},
    {"finishtime", CsvField::End},
    {"timeend", CsvField::End},
    {"lastuse", CsvField::End},
};

constexpr CsvUnit kUnits[] = {
    {"b", 1, 0},
    {"byte", 1, 0},
    {"bytes", 1, 0},
    {"kilobytes", 1024, 0},
    {"megabytes", std::uint64_t{1} << 20, 0},
    {"gigabytes", std::uint64_t{1} << 30, 0},
    {"k", 1024, 0},
    {"kb", 1024, 0},
    {"kib", 1024, 0},
    {"m", std::uint64_t{1} << 20, 0},
    {"mb", std::uint64_t{1} << 20, 0},
    {"mib", std::uint64_t{1} << 20, 0},
    {"g", std::uint64_t{1} << 30, 0},
    {"gb", std::uint64_t{1} << 30, 0},
    {"gib", std::uint64_t{1} << 30, 0},
    {"ns", 0, 1},
    {"nsec", 0, 1},
    {"us", 0, 1'000},
    {"usec", 0, 1'000},
    {"ms", 0, 1'000'000},
    {"msec", 0, 1'000'000},
    {"s", 0, 1'000'000'000},
    {"sec", 0, 1'000'000'000},
    {"secs", 0, 1'000'000'000},
    {"second", 0, 1'000'000'000},
    {"seconds", 0, 1'000'000'000},
    {"nanos", 0, 1},
    {"nanosecond", 0, 1},
    {"nanoseconds", 0, 1},
    {"micros", 0, 1'000},
    {"microsecond", 0, 1'000},
    {"microseconds", 0, 1'000},
    {"millis", 0, 1'000'000},
    {"millisecond", 0, 1'000'000},
    {"milliseconds", 0, 1'000'000},
};

struct Word {
  std::string_view word;
  CsvOp op;
};

constexpr Word kOps[] = {
    {"a", {Op::Alloc}},
    {"alloc", {Op::Alloc}},
    {"allocate", {Op::Alloc}},
    {"allocated", {Op::Alloc}},
    {"allocation", {Op::Alloc}},
    {"allocating", {Op::Alloc}},
    {"malloc", {Op::Alloc}},
    {"m", {Op::Alloc}},
    {"calloc", {Op::Alloc}},
    {"valloc", {Op::Alloc}},
    {"memalign", {Op::Alloc}},
    {"alignedalloc", {Op::Alloc}},
    {"posixmemalign", {Op::Alloc}},
    {"new", {Op::Alloc}},
    {"operatornew", {Op::Alloc}},
    {"kmalloc", {Op::Alloc}},
    {"kzalloc", {Op::Alloc}},
    {"vmalloc", {Op::Alloc}},
    {"pvportmalloc", {Op::Alloc}},
    {"tracemalloc", {Op::Alloc}},
    {"heapalloc", {Op::Alloc}},
    {"alloccb", {Op::Alloc}},
    {"cudamalloc", {Op::Alloc}},
    {"mmap", {Op::Alloc}},
    {"f", {Op::Free}},
    {"free", {Op::Free}},
    {"freed", {Op::Free}},
    {"dealloc", {Op::Free}},
    {"deallocate", {Op::Free}},
    {"deallocated", {Op::Free}},
    {"freecompleted", {Op::Free}},  // as PyTorch's allocator says it
    {"freeing", {Op::Free}},
    {"deallocation", {Op::Free}},
    {"delete", {Op::Free}},
    {"operatordelete", {Op::Free}},
    {"d", {Op::Free}},
    {"release", {Op::Free}},
    {"kfree", {Op::Free}},
    {"vfree", {Op::Free}},
    {"vportfree", {Op::Free}},
    {"tracefree", {Op::Free}},
    {"heapfree", {Op::Free}},
    {"freecb", {Op::Free}},
    {"cudafree", {Op::Free}},
    {"munmap", {Op::Free}},
    {"r", {Op::Realloc}},
    {"realloc", {Op::Realloc}},
    {"reallocate", {Op::Realloc}},
    {"reallocated", {Op::Realloc}},
    {"reallocation", {Op::Realloc}},
    {"reallocarray", {Op::Realloc}},
    {"resize", {Op::Realloc}},
    {"resized", {Op::Realloc}},
    {"krealloc", {Op::Realloc}},
    {"reset", {Op::Reset}},
    {"mark", {Op::Mark}},
    {"marker", {Op::Mark}},
    {"allocfailed", {Op::Alloc, true}},
    {"mallocfailed", {Op::Alloc, true}},
    {"tracemallocfailed", {Op::Alloc, true}},
    {"oom", {Op::Alloc, true}},
    {"reallocfailed", {Op::Realloc, true}},
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view csv_trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kCsvBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kCsvBlanks) - first + 1);
}

std::string csv_plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view two = text.substr(i, 2);
    if (two == "\xc2\xb5" || two == "\xce\xbc") {
      out += 'u';
      ++i;
    } else {
      out += lower(text[i]);
    }
  }
  return out;
}

const CsvName* csv_field_named(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kFields), std::end(kFields), [&](const CsvName& f) { return f.name == name; });
  return found == std::end(kFields) ? nullptr : &*found;
}

const CsvUnit* csv_unit_named(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const CsvUnit& u) { return u.name == name; });
  return found == std::end(kUnits) ? nullptr : &*found;
}

std::optional<CsvOp> csv_op(std::string_view word) {
  if (word == "+") return CsvOp{Op::Alloc};
  if (word == "-") return CsvOp{Op::Free};
  if (const std::size_t types = word.find('('); types != 0)
    word = word.substr(0, types);  // operator new(unsigned long)
  if (word.size() > 32) return {};
  std::string name;
  for (const char c : word) {
    if (is_csv_letter(c)) name += lower(c);
  }
  const auto found = std::find_if(std::begin(kOps), std::end(kOps), [&](const Word& op) { return op.word == name; });
  if (found != std::end(kOps)) return found->op;
  if (name.starts_with("segment")) return {};  // what an allocator got for itself
  // "heap_caps_malloc", "tlsf_free", "k_heap_alloc": somebody's own.
  for (const Word& ending : {Word{"realloc", {Op::Realloc}},
                             {"dealloc", {Op::Free}},
                             {"free", {Op::Free}},
                             {"alloc", {Op::Alloc}},
                             {"memalign", {Op::Alloc}}}) {
    if (name.ends_with(ending.word)) return ending.op;
  }
  return {};
}

bool csv_is_nothing(std::string_view cell, bool may_be_pointer) {
  if (cell.empty()) return true;
  if (cell.size() > 6 || is_csv_digit(cell.front())) return false;
  const std::string text = csv_plain(cell);
  if (text == "-" || text == "--" || text == "n/a" || text == "na" || text == "nan" || text == "<na>" || text == "?") {
    return true;
  }
  return !may_be_pointer && (text == "null" || text == "none" || text == "nil" || text == "(nil)");
}

std::optional<CsvOp> csv_yes_or_no(std::string_view word, Op yes) {
  const std::string text = csv_plain(word);
  if (text == "1" || text == "true" || text == "yes" || text == "y") return CsvOp{yes};
  if (text == "0" || text == "false" || text == "no" || text == "n") {
    return CsvOp{yes == Op::Free ? Op::Alloc : Op::Free};
  }
  return {};
}

}  // namespace allocviz::import
