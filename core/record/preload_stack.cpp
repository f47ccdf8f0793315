#include "core/record/preload_stack.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#include <atomic>
#include <cstddef>

#include "core/record/preload_cfi.h"

namespace allocviz::record::preload {
namespace {

std::atomic<std::uint64_t> g_unloads;

constexpr std::uint64_t mix(std::uint64_t hash) {
  // The finalizer of MurmurHash3 (Austin Appleby, public domain).
  hash = (hash ^ (hash >> 33)) * 0xff51'afd7'ed55'8ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ce'b9fe'1a85'ec53u;
  return hash ^ (hash >> 33);
}

struct Stack {
  std::uint64_t addresses[kMostFrames];
  unsigned count = 0;
};

#if defined(__x86_64__)

// Rules by return address: a table whose entries check themselves, so that it needs no lock. `key` is the address (and
// the count of unloads) xor the rule: an entry half written by somebody else fits no address.
struct Remembered {
  std::atomic<std::uint64_t> key, rule;
};
constexpr std::size_t kRemembered = 1u << 14;
Remembered g_rules[kRemembered];

constexpr std::uint64_t packed(const Rule& rule) {
  return static_cast<std::uint64_t>(rule.base) | (static_cast<std::uint64_t>(rule.offset) & 0xffff'ffffu) << 2 |
         (static_cast<std::uint64_t>(rule.rbp_offset) & 0x3fff'ffffu) << 34;
}
constexpr Rule unpacked(std::uint64_t bits) {
  Rule rule;
  rule.base = static_cast<Base>(bits & 3);
  rule.offset = static_cast<std::int32_t>(bits >> 2);
  rule.rbp_offset = static_cast<std::int32_t>(static_cast<std::int64_t>(bits) >> 34);
  return rule;
}

Rule rule_of(std::uint64_t address, std::uint64_t unloads) {
  Remembered& entry = g_rules[(address * 0x9e37'79b9'7f4a'7c15u) >> 50];
  const std::uint64_t name = address ^ unloads << 48;
  const std::uint64_t bits = entry.rule.load(std::memory_order_relaxed);
  if ((entry.key.load(std::memory_order_relaxed) ^ bits) == name) return unpacked(bits);
  const Rule rule = rule_at(address);
  entry.key.store(name ^ packed(rule), std::memory_order_relaxed);
  entry.rule.store(packed(rule), std::memory_order_relaxed);
  return rule;
}

std::uint64_t word_at(std::uint64_t address) {
  std::uint64_t word;
  __builtin_memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return word;
}

void walk(Stack& stack, unsigned depth, const void* frame, std::uint64_t unloads) {
  const auto base = reinterpret_cast<std::uint64_t>(frame);
  std::uint64_t rbp = word_at(base), rsp = base + 16, address = word_at(base + 8);
  for (;;) {
    stack.addresses[stack.count++] = address;
    if (stack.count == depth) return;
    const Rule rule = rule_of(address, unloads);
    if (rule.base == Base::Unknown) return;
    std::uint64_t cfa = (rule.base == Base::Rsp ? rsp : rbp) + static_cast<std::uint64_t>(std::int64_t{rule.offset});
    if (rule.base == Base::RbpDeref) {
      if (rbp < rsp || rbp % 8 != 0) return;
      cfa = word_at(cfa);
    }
    if (cfa <= rsp || cfa % 8 != 0) return;  // a caller's frame lies above: anything else is no stack
    if (rule.base == Base::RbpDeref) {
      rbp = word_at(rbp);
    } else if (rule.rbp_offset != 0) {
      rbp = word_at(cfa + static_cast<std::uint64_t>(std::int64_t{rule.rbp_offset}));
    }
    rsp = cfa;
    address = word_at(cfa - 8);
    if (address == 0) return;
  }
}

#else

// Elsewhere the caller alone is known; see below.
void walk(Stack& stack, unsigned, const void*, std::uint64_t);

#endif

void append_name(Log& log, std::uint32_t module, const char* name) {
  const std::size_t length = strlen(name);
  std::uint32_t part = 0;
  for (std::size_t at = 0; at < length; at += kNameBytesPerRecord, ++part) {
    std::uint64_t words[3] = {};
    const std::size_t left = length - at;
    memcpy(words, name + at, left < kNameBytesPerRecord ? left : kNameBytesPerRecord);
    append(log, {words[0], words[1], words[2], module, pack(Kind::Name, 0, part)});
  }
}

// The place of `key` in an open-addressing table of atomics, put there where it was not (`made` is true then);
// `size` where the table has no room near its home. The table's beginning is tried first, a cache line of it: the few
// stacks of a small program then share a few pages, instead of having one each made for them.
std::uint32_t place_in(std::atomic<std::uint64_t>* table, std::uint32_t size, std::uint64_t key, bool& made) {
  struct Part {
    std::uint32_t size, probes;
  };
  constexpr std::uint32_t kLine = 64 / sizeof(std::uint64_t);
  const Part parts[] = {{1u << 12, kLine}, {1u << 16, kLine}, {size, 128}};
  made = false;
  if (key == 0) key = 1;
  for (const Part& part : parts) {
    if (part.size > size) continue;
    const auto home = static_cast<std::uint32_t>(key >> 20) & ~(kLine - 1);
    for (std::uint32_t probe = 0; probe < part.probes; ++probe) {
      const std::uint32_t place = (home + probe) & (part.size - 1);
      std::uint64_t found = table[place].load(std::memory_order_relaxed);
      if (found == 0) made = table[place].compare_exchange_strong(found, key, std::memory_order_relaxed);
      if (made || found == key) return place;
    }
  }
  return size;
}

Frame frame_at(Log& log, std::uint64_t address) {
  constexpr std::uint64_t kLow = (std::uint64_t{1} << kFrameBits) - 1;
  struct dl_find_object object;
  if (_dl_find_object(reinterpret_cast<void*>(address - 1), &object) != 0 || object.dlfo_link_map == nullptr) {
    return address & kLow;
  }
  const struct link_map& map = *object.dlfo_link_map;
  const char* name = map.l_name != nullptr ? map.l_name : "";
  std::uint64_t key = mix(reinterpret_cast<std::uint64_t>(object.dlfo_map_start));
  key = mix(key ^ reinterpret_cast<std::uint64_t>(object.dlfo_map_end));
  for (const char* letter = name; *letter != '\0'; ++letter) {
    key = (key ^ static_cast<unsigned char>(*letter)) * 0x100'0000'01b3u;
  }
  bool made = false;
  const std::uint32_t place = place_in(log.modules, kMostModules, mix(key), made);
  if (place == kMostModules) return address & kLow;
  const std::uint32_t number = place + 1;
  if (made) {
    append_name(log, number, name);
    append(log, {map.l_addr, 0, 0, number, pack(Kind::Module, 0, 0)});
  }
  return ((address - map.l_addr) & kLow) | std::uint64_t{number} << kFrameBits;
}

void describe(Log& log, std::uint32_t number, const Stack& stack) {
  const int saved = errno;
  for (unsigned at = 0, part = 0; at < stack.count; at += kFramesPerRecord, ++part) {
    Frame frames[kFramesPerRecord] = {};
    for (unsigned i = 0; i < kFramesPerRecord && at + i < stack.count; ++i) {
      frames[i] = frame_at(log, stack.addresses[at + i]);
    }
    append(log, {frames[0], frames[1], frames[2], number, pack(Kind::Frames, 0, part)});
  }
  errno = saved;
}

#if !defined(__x86_64__)
void walk(Stack& stack, unsigned, const void* frame, std::uint64_t) {
  // AAPCS64 and the RISC-V psABI keep (caller's frame, return address) where the frame pointer points.
  std::uint64_t address;
  __builtin_memcpy(&address, static_cast<const char*>(frame) + 8, sizeof address);
  stack.addresses[stack.count++] = address;
}
#endif

}  // namespace

std::uint32_t stack_number(Log& log, const void* frame) {
  if (log.depth == 0) return 0;
  const std::uint64_t unloads = g_unloads.load(std::memory_order_relaxed);
  Stack stack;
  walk(stack, log.depth, frame, unloads);
  std::uint64_t hash = unloads;
  for (unsigned i = 0; i < stack.count; ++i) hash = (hash ^ stack.addresses[i]) * 0x9e37'79b9'7f4a'7c15u ^ hash >> 29;
  bool made = false;
  const std::uint32_t place = place_in(log.sites, kMostSites, mix(hash), made);
  if (place == kMostSites) {
    log.header->sites_full = 1;
    return 0;
  }
  if (made) describe(log, place + 1, stack);
  return place + 1;
}

void forget_addresses() {
  g_unloads.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace allocviz::record::preload
