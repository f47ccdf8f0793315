#include "core/record/preload_cfi.h"

#include <dlfcn.h>
#include <string.h>

#include <cstddef>

namespace allocviz::record::preload {
namespace {

using Byte = unsigned char;

constexpr std::uint64_t kRbp = 6, kRsp = 7, kReturnAddress = 16;  // DWARF's numbers

// Encodings of pointers in .eh_frame (DW_EH_PE_*): the low half says how wide, the upper from where.
enum : Byte {
  kAbsolute = 0x00,
  kUnsigned4 = 0x03,
  kUnsigned8 = 0x04,
  kSigned4 = 0x0b,
  kSigned8 = 0x0c,
  kPcRelative = 0x10,
  kOmitted = 0xff
};

template <class Value>
Value load(const Byte* at) {
  Value value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

struct Reader {
  const Byte* at;
  const Byte* end;
  bool fault = false;

  template <class Value>
  Value take() {
    if (static_cast<std::size_t>(end - at) < sizeof(Value)) {
      fault = true;
      at = end;
      return Value{};
    }
    const Value value = load<Value>(at);
    at += sizeof(Value);
    return value;
  }
  std::uint64_t uleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const Byte byte = take<Byte>();
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }
  std::int64_t sleb() {
    std::uint64_t value = 0;
    unsigned shift = 0;
    Byte byte = 0;
    do {
      byte = take<Byte>();
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
    } while ((byte & 0x80) != 0);
    if (shift < 64 && (byte & 0x40) != 0) value |= ~std::uint64_t{0} << shift;
    return static_cast<std::int64_t>(value);
  }
  // A pointer in `encoding`; its width alone where `relative` is false.
  std::uint64_t pointer(Byte encoding, bool relative) {
    const auto here = reinterpret_cast<std::uint64_t>(at);
    std::uint64_t value = 0;
    switch (encoding & 0x0f) {
      case kAbsolute:
      case kUnsigned8:
      case kSigned8:
        value = take<std::uint64_t>();
        break;
      case kUnsigned4:
        value = take<std::uint32_t>();
        break;
      case kSigned4:
        value = static_cast<std::uint64_t>(static_cast<std::int64_t>(take<std::int32_t>()));
        break;
      default:
        fault = true;
    }
    const Byte from = encoding & 0x70;
    if (from != 0 && from != kPcRelative) fault = true;
    return relative && from == kPcRelative ? value + here : value;
  }
  void skip(std::uint64_t bytes) {
    if (bytes > static_cast<std::uint64_t>(end - at)) {
      fault = true;
      bytes = static_cast<std::uint64_t>(end - at);
    }
    at += bytes;
  }
};

// The entry of the table in .eh_frame_hdr that may cover `pc`: the last one that begins at or before it.
const Byte* find_entry(const Byte* header, std::uint64_t pc) {
  if (header[0] != 1 || header[2] != kUnsigned4 || header[3] != 0x3b || (header[1] & 0x0f) != kSigned4) return nullptr;
  const auto count = load<std::uint32_t>(header + 8);
  const Byte* const table = header + 12;
  const auto wanted = static_cast<std::int64_t>(pc - reinterpret_cast<std::uint64_t>(header));
  std::uint32_t low = 0, high = count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (load<std::int32_t>(table + 8 * std::size_t{middle}) <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? nullptr : header + load<std::int32_t>(table + 8 * std::size_t{low - 1} + 4);
}

struct Common {  // a CIE
  std::uint64_t code_align = 1;
  std::int64_t data_align = 1;
  Byte encoding = kAbsolute;
  bool augmented = false;
  Reader program{nullptr, nullptr};
  bool usable = false;
};

Common read_common(const Byte* at) {
  Common common;
  const auto length = load<std::uint32_t>(at);
  if (length == 0 || length == 0xffff'ffff) return common;
  Reader in{at + 4, at + 4 + length};
  if (in.take<std::uint32_t>() != 0) return common;
  const Byte version = in.take<Byte>();
  const char* augmentation = reinterpret_cast<const char*>(in.at);
  in.skip(strnlen(augmentation, static_cast<std::size_t>(in.end - in.at)) + 1);
  common.code_align = in.uleb();
  common.data_align = in.sleb();
  const std::uint64_t return_register = version == 1 ? in.take<Byte>() : in.uleb();
  if (in.fault || (version != 1 && version != 3) || return_register != kReturnAddress) return common;
  if (augmentation[0] == 'z') {
    common.augmented = true;
    const std::uint64_t bytes = in.uleb();
    Reader data{in.at, in.at + bytes};
    in.skip(bytes);
    for (const char* letter = augmentation + 1; *letter != '\0'; ++letter) {
      if (*letter == 'R') {
        common.encoding = data.take<Byte>();
      } else if (*letter == 'P') {
        const Byte encoding = data.take<Byte>();
        (void)data.pointer(static_cast<Byte>(encoding & 0x0f), false);
      } else if (*letter == 'L') {
        (void)data.take<Byte>();
      } else {
        return common;  // S: a signal's frame, whose registers are kept elsewhere
      }
    }
  } else if (augmentation[0] != '\0') {
    return common;
  }
  common.program = in;
  common.usable = !in.fault;
  return common;
}

// The row of the table that a CIE's and an FDE's instructions describe, as far as we follow it.
struct Row {
  std::uint64_t cfa_register = 0;
  std::int64_t cfa_offset = 0;
  bool cfa_deref = false, cfa_unknown = false;
  std::int64_t rbp_offset = 0;
  bool rbp_at_rbp = false, rbp_unknown = false;
  bool return_lost = true;  // until it is said to stand 8 below the canonical frame address
};

class Interpreter {
 public:
  Interpreter(const Common& common, std::uint64_t function, std::uint64_t pc)
      : common_(common), location_(function), pc_(pc) {}

  // Runs up to the row of pc; false at an instruction that is not known.
  bool run(Reader in, bool initial) {
    while (in.at < in.end && !in.fault) {
      const Byte opcode = in.take<Byte>();
      const Byte operand = opcode & 0x3f;
      switch (opcode & 0xc0) {
        case 0x40:
          if (!advance(operand, initial)) return true;
          continue;
        case 0x80:
          saved(operand, static_cast<std::int64_t>(in.uleb()) * common_.data_align);
          continue;
        case 0xc0:
          restore(operand);
          continue;
        default:
          break;
      }
      if (opcode >= 0x02 && opcode <= 0x04) {
        const std::uint64_t delta = opcode == 2   ? in.take<Byte>()
                                    : opcode == 3 ? in.take<std::uint16_t>()
                                                  : in.take<std::uint32_t>();
        if (!advance(delta, initial)) return true;
      } else if (!step(opcode, in)) {
        return false;
      }
    }
    if (initial) first_ = row_;
    return !in.fault;
  }

  [[nodiscard]] Rule rule() const {
    Rule rule;
    const bool wide = row_.cfa_offset != static_cast<std::int32_t>(row_.cfa_offset) || row_.rbp_offset < -(1 << 24) ||
                      row_.rbp_offset > (1 << 24);
    if (row_.cfa_unknown || row_.return_lost || row_.rbp_unknown || wide) return rule;
    rule.offset = static_cast<std::int32_t>(row_.cfa_offset);
    rule.rbp_offset = static_cast<std::int32_t>(row_.rbp_offset);
    if (row_.cfa_deref) {
      if (row_.cfa_register == kRbp && row_.rbp_at_rbp) rule.base = Base::RbpDeref;
    } else if (!row_.rbp_at_rbp) {
      rule.base = row_.cfa_register == kRsp ? Base::Rsp : row_.cfa_register == kRbp ? Base::Rbp : Base::Unknown;
    }
    return rule;
  }

 private:
  bool advance(std::uint64_t delta, bool initial) {
    location_ += delta * common_.code_align;
    return initial || location_ <= pc_;
  }

  void saved(std::uint64_t reg, std::int64_t offset) {
    if (reg == kRbp) {
      row_.rbp_offset = offset;
      row_.rbp_at_rbp = row_.rbp_unknown = false;
    } else if (reg == kReturnAddress) {
      row_.return_lost = offset != -8;
    }
  }
  void lost(std::uint64_t reg) {
    if (reg == kRbp) row_.rbp_unknown = true;
    if (reg == kReturnAddress) row_.return_lost = true;
  }
  void restore(std::uint64_t reg) {
    if (reg == kRbp) {
      row_.rbp_offset = first_.rbp_offset;
      row_.rbp_at_rbp = first_.rbp_at_rbp;
      row_.rbp_unknown = first_.rbp_unknown;
    } else if (reg == kReturnAddress) {
      row_.return_lost = first_.return_lost;
    }
  }
  void define(std::uint64_t reg, std::int64_t offset) {
    row_.cfa_register = reg;
    row_.cfa_offset = offset;
    row_.cfa_deref = row_.cfa_unknown = false;
  }

  // *(rbp + n) is the one expression compilers write for functions that realign their stack.
  void define_by_expression(Reader in) {
    row_.cfa_unknown = true;
    if (in.take<Byte>() != 0x70 + kRbp) return;  // DW_OP_breg6
    const std::int64_t offset = in.sleb();
    if (in.take<Byte>() != 0x06 || in.fault || in.at != in.end) return;  // DW_OP_deref
    define(kRbp, offset);
    row_.cfa_deref = true;
  }
  void saved_by_expression(std::uint64_t reg, Reader in) {
    const bool at_rbp = in.take<Byte>() == 0x70 + kRbp && in.sleb() == 0 && !in.fault && in.at == in.end;
    if (reg == kRbp && at_rbp) {
      row_.rbp_at_rbp = true;
      row_.rbp_unknown = false;
    } else {
      lost(reg);
    }
  }
  Reader block(Reader& in) {
    const std::uint64_t bytes = in.uleb();
    const Byte* const begin = in.at;
    in.skip(bytes);
    return {begin, in.at};
  }

  bool step(Byte opcode, Reader& in) {
    switch (opcode) {
      case 0x00:
        return true;  // nop
      case 0x05: {    // offset_extended
        const std::uint64_t reg = in.uleb();
        saved(reg, static_cast<std::int64_t>(in.uleb()) * common_.data_align);
        return true;
      }
      case 0x06:
        restore(in.uleb());
        return true;  // restore_extended
      case 0x07:
        lost(in.uleb());
        return true;  // undefined
      case 0x08:
        same(in.uleb());
        return true;  // same_value
      case 0x09:
        lost(in.uleb());
        (void)in.uleb();
        return true;  // register
      case 0x0a:
        return remember();
      case 0x0b:
        return recall();
      case 0x0c: {  // def_cfa
        const std::uint64_t reg = in.uleb();
        define(reg, static_cast<std::int64_t>(in.uleb()));
        return true;
      }
      case 0x0d:
        define(in.uleb(), row_.cfa_offset);
        return true;  // def_cfa_register
      case 0x0e:
        define(row_.cfa_register, static_cast<std::int64_t>(in.uleb()));
        return true;  // def_cfa_offset
      case 0x0f:
        define_by_expression(block(in));
        return true;  // def_cfa_expression
      case 0x10: {    // expression
        const std::uint64_t reg = in.uleb();
        saved_by_expression(reg, block(in));
        return true;
      }
      default:
        return step_rare(opcode, in);
    }
  }
  bool step_rare(Byte opcode, Reader& in) {
    switch (opcode) {
      case 0x11: {  // offset_extended_sf
        const std::uint64_t reg = in.uleb();
        saved(reg, in.sleb() * common_.data_align);
        return true;
      }
      case 0x12: {  // def_cfa_sf
        const std::uint64_t reg = in.uleb();
        define(reg, in.sleb() * common_.data_align);
        return true;
      }
      case 0x13:
        define(row_.cfa_register, in.sleb() * common_.data_align);
        return true;  // def_cfa_offset_sf
      case 0x14:
        lost(in.uleb());
        (void)in.uleb();
        return true;  // val_offset
      case 0x15:
        lost(in.uleb());
        (void)in.sleb();
        return true;  // val_offset_sf
      case 0x16:
        lost(in.uleb());
        (void)block(in);
        return true;  // val_expression
      case 0x2e:
        (void)in.uleb();
        return true;  // GNU_args_size
      default:
        return false;
    }
  }
  void same(std::uint64_t reg) {
    if (reg == kRbp) {
      row_.rbp_offset = 0;
      row_.rbp_at_rbp = row_.rbp_unknown = false;
    }
  }
  bool remember() {
    if (remembered_ == kMostRemembered) return false;
    stack_[remembered_++] = row_;
    return true;
  }
  bool recall() {
    if (remembered_ == 0) return false;
    row_ = stack_[--remembered_];
    return true;
  }

  static constexpr unsigned kMostRemembered = 8;
  const Common& common_;
  std::uint64_t location_, pc_;
  Row row_{}, first_{};
  Row stack_[kMostRemembered]{};
  unsigned remembered_ = 0;
};

}  // namespace

Rule rule_at(std::uint64_t address) {
  const std::uint64_t pc = address - 1;  // of the call: what follows it may belong to another row, or function
  struct dl_find_object object;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &object) != 0 || object.dlfo_eh_frame == nullptr) return {};
  const Byte* const entry = find_entry(static_cast<const Byte*>(object.dlfo_eh_frame), pc);
  if (entry == nullptr) return {};
  const auto length = load<std::uint32_t>(entry);
  if (length == 0 || length == 0xffff'ffff) return {};
  Reader in{entry + 4, entry + 4 + length};
  const Byte* const id_at = in.at;
  const Common common = read_common(id_at - in.take<std::uint32_t>());
  if (!common.usable) return {};
  const std::uint64_t begin = in.pointer(common.encoding, true);
  const std::uint64_t size = in.pointer(common.encoding & 0x0f, false);
  if (in.fault || pc < begin || pc - begin >= size) return {};
  if (common.augmented) in.skip(in.uleb());
  Interpreter interpreter(common, begin, pc);
  if (!interpreter.run(common.program, true) || !interpreter.run(in, false)) return {};
  return interpreter.rule();
}

}  // namespace allocviz::record::preload
