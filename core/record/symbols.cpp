#include "core/record/symbols.h"

#include <cxxabi.h>
#include <fmt/format.h>
#if ALLOCVIZ_HAS_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/trace/utf8.h"

namespace allocviz::record {
namespace {

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string shortened(std::string text) {
  if (!trace::is_utf8(text)) text = trace::to_utf8(text);
  if (text.size() <= Symbols::kMostBytes) return text;
  constexpr std::string_view kCut = "…";
  std::size_t keep = Symbols::kMostBytes - kCut.size();
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xc0) == 0x80) --keep;
  return text.substr(0, keep).append(kCut);
}

#if ALLOCVIZ_HAS_LIBDW

std::string readable(const char* name) {
  int status = -1;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 && text ? text.get() : name;
}

// A function's code, as offsets into the module as libdw laid it out, and where to read on about it.
struct Function {
  Dwarf_Addr begin = 0, end = 0;
  Dwarf_Off die = 0;
};

// The functions of one compilation unit, sorted. libdw looks through all of a unit for every address otherwise.
std::vector<Function> functions_of(Dwarf_Die* unit) {
  std::vector<Function> functions;
  const auto visit = [&functions](auto& self, Dwarf_Die* parent) -> void {
    Dwarf_Die child;
    for (int more = dwarf_child(parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
      const int tag = dwarf_tag(&child);
      if (tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type) self(self, &child);
      if (tag != DW_TAG_subprogram) continue;
      Dwarf_Addr base = 0, begin = 0, end = 0;
      for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&child, at, &base, &begin, &end)) > 0;) {
        functions.push_back({begin, end, dwarf_dieoffset(&child)});
      }
    }
  };
  visit(visit, unit);
  std::sort(functions.begin(), functions.end(), [](const Function& a, const Function& b) { return a.begin < b.begin; });
  return functions;
}

std::string name_of(Dwarf_Die* die) {
  Dwarf_Attribute linkage;
  const char* name = nullptr;
  if (dwarf_attr_integrate(die, DW_AT_linkage_name, &linkage) != nullptr) name = dwarf_formstring(&linkage);
  if (name == nullptr) name = dwarf_diename(die);
  return name == nullptr ? "" : readable(name);
}

// Where an inlined call stood: "file:line" of the call, from its debug information.
std::string call_of(Dwarf_Die* die, Dwarf_Die* unit) {
  Dwarf_Attribute attribute;
  Dwarf_Word file = 0, line = 0;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const bool known = dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) == 0 &&
                     dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) == 0 &&
                     dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count;
  const char* const source = known ? dwarf_filesrc(files, file, nullptr, nullptr) : nullptr;
  return source == nullptr ? std::string{} : fmt::format("{}:{}", base_name(source), line);
}

// The inlined calls around pc within a function, outermost first.
void inlined_around(Dwarf_Die* parent, Dwarf_Addr pc, std::vector<Dwarf_Die>& found) {
  Dwarf_Die child;
  for (int more = dwarf_child(parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) continue;
    if (dwarf_haspc(&child, pc) <= 0) continue;
    if (tag == DW_TAG_inlined_subroutine) found.push_back(child);
    Dwarf_Die inner = child;
    return inlined_around(&inner, pc, found);
  }
}

// The files of one program or library: its symbols and, where they are found, its debug information.
class Object {
 public:
  explicit Object(const std::string& file) : name_(base_name(file)), dwfl_(dwfl_begin(&kCallbacks)) {
    if (dwfl_ == nullptr) return;
    dwfl_report_begin(dwfl_.get());
    module_ = dwfl_report_offline(dwfl_.get(), name_.c_str(), file.c_str(), -1);
    dwfl_report_end(dwfl_.get(), nullptr, nullptr);
    if (module_ != nullptr && dwfl_module_getelf(module_, &bias_) == nullptr) module_ = nullptr;
    if (module_ != nullptr) read_symbols();
  }

  std::vector<std::string> at(std::uint64_t address) {
    if (module_ == nullptr) return {};
    const Dwarf_Addr pc = address - 1 + bias_;
    std::vector<std::string> calls = described_at(pc);
    if (!calls.empty()) return calls;
    const char* const name = symbol_at(pc);
    if (name != nullptr) calls.push_back(fmt::format("{} ({})", readable(name), name_));
    return calls;
  }

 private:
  struct End {
    void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
  };
  struct Symbol {
    GElf_Addr begin = 0, size = 0;
    int rank = 0;  // of names for one place: global before weak before local
    const char* name = nullptr;
  };
  static const Dwfl_Callbacks kCallbacks;

  // libdw's own look-up goes through all symbols for every address.
  void read_symbols() {
    const int count = dwfl_module_getsymtab(module_);
    for (int i = 1; i < count; ++i) {
      GElf_Sym symbol;
      GElf_Addr begin = 0;
      GElf_Word section = 0;
      const char* const name = dwfl_module_getsym_info(module_, i, &symbol, &begin, &section, nullptr, nullptr);
      const int type = GELF_ST_TYPE(symbol.st_info), bind = GELF_ST_BIND(symbol.st_info);
      if (name == nullptr || *name == '\0' || section == SHN_UNDEF) continue;
      if (type != STT_FUNC && type != STT_GNU_IFUNC) continue;
      symbols_.push_back({begin, symbol.st_size, bind == STB_GLOBAL ? 0 : bind == STB_WEAK ? 1 : 2, name});
    }
    std::sort(symbols_.begin(), symbols_.end(),
              [](const Symbol& a, const Symbol& b) { return std::tie(a.begin, a.rank) < std::tie(b.begin, b.rank); });
    const auto same = [](const Symbol& a, const Symbol& b) { return a.begin == b.begin; };
    symbols_.erase(std::unique(symbols_.begin(), symbols_.end(), same), symbols_.end());
  }

  [[nodiscard]] const char* symbol_at(GElf_Addr pc) const {
    const auto after = std::upper_bound(symbols_.begin(), symbols_.end(), pc,
                                        [](GElf_Addr at, const Symbol& symbol) { return at < symbol.begin; });
    if (after == symbols_.begin()) return nullptr;
    const Symbol& found = *(after - 1);
    return found.size == 0 || pc - found.begin < found.size ? found.name : nullptr;
  }

  [[nodiscard]] std::string line_at(Dwarf_Addr pc) const {
    Dwfl_Line* const line = dwfl_module_getsrc(module_, pc);
    int number = 0;
    const char* const source =
        line == nullptr ? nullptr : dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    return source == nullptr ? std::string{} : fmt::format("{}:{}", base_name(source), number);
  }

  // By debug information: the function at pc, and before it those that were inlined into it there, each with the line
  // it is at. Empty without debug information.
  [[nodiscard]] std::vector<std::string> described_at(Dwarf_Addr pc) {
    std::vector<std::string> calls;
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = dwfl_module_addrdie(module_, pc, &bias);
    if (unit == nullptr) return calls;
    const auto [known, fresh] = units_.try_emplace(dwarf_dieoffset(unit));
    if (fresh) known->second = functions_of(unit);
    const std::vector<Function>& functions = known->second;
    const auto after = std::upper_bound(functions.begin(), functions.end(), pc - bias,
                                        [](Dwarf_Addr at, const Function& function) { return at < function.begin; });
    if (after == functions.begin() || pc - bias >= (after - 1)->end) return calls;
    Dwarf_Die function;
    if (dwarf_offdie(dwfl_module_getdwarf(module_, &bias), (after - 1)->die, &function) == nullptr) return calls;
    std::vector<Dwarf_Die> scopes = {function};
    inlined_around(&function, pc - bias, scopes);
    std::string where = line_at(pc);
    for (; !scopes.empty(); scopes.pop_back()) {
      const std::string name = name_of(&scopes.back());
      if (name.empty()) return {};
      calls.push_back(where.empty() ? name : fmt::format("{} {}", where, name));
      where = call_of(&scopes.back(), unit);
    }
    return calls;
  }

  std::string name_;
  std::unique_ptr<Dwfl, End> dwfl_;
  Dwfl_Module* module_ = nullptr;
  GElf_Addr bias_ = 0;
  std::vector<Symbol> symbols_;                                 // sorted, one a place
  std::unordered_map<Dwarf_Off, std::vector<Function>> units_;  // by their place in the debug information
};

// Debug information from where distributions put it; the network is not asked.
const Dwfl_Callbacks Object::kCallbacks = {dwfl_build_id_find_elf, dwfl_standard_find_debuginfo,
                                           dwfl_offline_section_address, nullptr};

#else

class Object {
 public:
  explicit Object(const std::string&) {}
  std::vector<std::string> at(std::uint64_t) const { return {}; }
};

#endif

}  // namespace

struct Symbols::Inner {
  struct File {
    explicit File(const std::string& file) : name(base_name(file)), object(file) {}
    std::string name;
    Object object;
    std::unordered_map<std::uint64_t, std::vector<std::string>> known;
  };
  std::map<std::string, File, std::less<>> files;
};

Symbols::Symbols() : inner_(std::make_unique<Inner>()) {
  ::unsetenv("DEBUGINFOD_URLS");
}
Symbols::~Symbols() = default;

bool Symbols::available() {
#if ALLOCVIZ_HAS_LIBDW
  return true;
#else
  return false;
#endif
}

const std::vector<std::string>& Symbols::at(const std::string& file, std::uint64_t address) {
  auto found = inner_->files.find(file);
  if (found == inner_->files.end()) found = inner_->files.emplace(file, file).first;
  Inner::File& of = found->second;
  const auto [known, fresh] = of.known.try_emplace(address);
  if (!fresh) return known->second;
  if (!file.empty()) known->second = of.object.at(address);
  for (std::string& call : known->second) call = shortened(std::move(call));
  if (known->second.empty()) {
    known->second.push_back(
        shortened(of.name.empty() ? fmt::format("0x{:x}", address) : fmt::format("{}+0x{:x}", of.name, address)));
  }
  return known->second;
}

}  // namespace allocviz::record
