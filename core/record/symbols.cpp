#include "core/record/symbols.h"

#include <cxxabi.h>
#include <fmt/format.h>
#if ALLOCVIZ_HAS_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#endif

#include <cstdlib>
#include <map>
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

// The files of one program or library: its symbols and, where they are found, its debug information.
class Object {
 public:
  explicit Object(const std::string& file) : name_(base_name(file)), dwfl_(dwfl_begin(&kCallbacks)) {
    if (dwfl_ == nullptr) return;
    dwfl_report_begin(dwfl_.get());
    module_ = dwfl_report_offline(dwfl_.get(), name_.c_str(), file.c_str(), -1);
    dwfl_report_end(dwfl_.get(), nullptr, nullptr);
    if (module_ != nullptr && dwfl_module_getelf(module_, &bias_) == nullptr) module_ = nullptr;
  }

  std::vector<std::string> at(std::uint64_t address) const {
    if (module_ == nullptr) return {};
    const Dwarf_Addr pc = address - 1 + bias_;
    std::vector<std::string> calls = inlined_at(pc);
    if (!calls.empty()) return calls;
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char* const name = dwfl_module_addrinfo(module_, pc, &offset, &symbol, nullptr, nullptr, nullptr);
    const std::string where = line_at(pc);
    if (name == nullptr) return where.empty() ? calls : std::vector<std::string>{where};
    const std::string function = readable(name);
    return {where.empty() ? fmt::format("{} ({})", function, name_) : fmt::format("{} {}", where, function)};
  }

 private:
  struct End {
    void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
  };
  static const Dwfl_Callbacks kCallbacks;

  [[nodiscard]] std::string line_at(Dwarf_Addr pc) const {
    Dwfl_Line* const line = dwfl_module_getsrc(module_, pc);
    int number = 0;
    const char* const source =
        line == nullptr ? nullptr : dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    return source == nullptr ? std::string{} : fmt::format("{}:{}", base_name(source), number);
  }

  static std::string name_of(Dwarf_Die* die) {
    Dwarf_Attribute linkage;
    const char* name = nullptr;
    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &linkage) != nullptr) name = dwarf_formstring(&linkage);
    if (name == nullptr) name = dwarf_diename(die);
    return name == nullptr ? "" : readable(name);
  }

  // Where an inlined call stood: "file:line" of the call, from its debug information.
  static std::string call_of(Dwarf_Die* die, Dwarf_Die* unit) {
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

  // The functions around pc, innermost first, each with the line it is at; empty without debug information.
  [[nodiscard]] std::vector<std::string> inlined_at(Dwarf_Addr pc) const {
    std::vector<std::string> calls;
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = dwfl_module_addrdie(module_, pc, &bias);
    if (unit == nullptr) return calls;
    Dwarf_Die* found = nullptr;
    const int count = dwarf_getscopes(unit, pc - bias, &found);
    if (count <= 0) return calls;
    const std::unique_ptr<Dwarf_Die, void (*)(void*)> scopes(found, std::free);
    std::string where = line_at(pc);
    for (int i = 0; i < count; ++i) {
      Dwarf_Die* const scope = scopes.get() + i;
      const int tag = dwarf_tag(scope);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
      const std::string function = name_of(scope);
      if (function.empty()) return {};
      calls.push_back(where.empty() ? function : fmt::format("{} {}", where, function));
      if (tag == DW_TAG_subprogram) return calls;
      where = call_of(scope, unit);
    }
    return calls;
  }

  std::string name_;
  std::unique_ptr<Dwfl, End> dwfl_;
  Dwfl_Module* module_ = nullptr;
  GElf_Addr bias_ = 0;
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
