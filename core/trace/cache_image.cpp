#include "core/trace/cache_image.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/trace/json_parse.h"
#include "core/trace/json_text.h"
#include "core/trace/utf8.h"
#include "core/trace/versions.h"

namespace allocviz::trace {
namespace {

constexpr std::string_view kMagic = "avcache\n";
constexpr std::size_t kAlign = 64;
constexpr std::size_t kHeadBytes = kAlign;  // magic, version, size of the file, size of the texts, checksum

std::size_t aligned(std::size_t offset) {
  return (offset + kAlign - 1) & ~(kAlign - 1);
}

std::uint64_t word_at(const std::byte* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

constexpr std::uint64_t kOdd = 0x9e37'79b1'85eb'ca87u, kMix = 0xc2b2'ae3d'27d4'eb4fu;

std::uint64_t mixed(std::uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * kMix;
  return hash ^ (hash >> 29);
}

// Four chains of multiplications beside each other, as in xxHash (Yann Collet). Pieces are whole blocks.
class BlockHash {
 public:
  static constexpr std::size_t kBlock = 32;
  explicit BlockHash(std::uint64_t seed) : lanes_{seed + kOdd, seed ^ kMix, seed, seed - kOdd} {}

  void add(std::span<const std::byte> blocks) {
    for (std::size_t at = 0; at < blocks.size(); at += kBlock) {
      for (std::size_t i = 0; i < lanes_.size(); ++i) {
        lanes_[i] = std::rotl(lanes_[i] + word_at(blocks.data() + at + 8 * i) * kMix, 31) * kOdd;
      }
    }
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t hash = 0;
    for (const std::uint64_t lane : lanes_) hash = (hash ^ std::rotl(lane, 27)) * kOdd + kMix;
    return mixed(hash);
  }

 private:
  std::array<std::uint64_t, 4> lanes_;
};

// Hands `bytes` out in pieces of whole alignments, the last one filled up with zeros. False as soon as `each` says so.
template <class Each>
bool in_pieces(std::span<const std::byte> bytes, Each each) {
  constexpr std::size_t kPiece = std::size_t{4} << 20;  // so that it can be stopped in between
  const std::size_t whole = bytes.size() / kAlign * kAlign;
  for (std::size_t at = 0; at < whole; at += kPiece) {
    if (!each(bytes.subspan(at, std::min(kPiece, whole - at)))) return false;
  }
  if (whole == bytes.size()) return true;
  std::array<std::byte, kAlign> last{};
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(whole), bytes.end(), last.begin());
  return each(std::span<const std::byte>(last));
}

class TextWriter {
 public:
  void put(std::uint64_t number) { out.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void put(std::string_view text) {
    put(std::uint64_t{text.size()});
    out += text;
  }
  void put(const std::map<std::uint64_t, std::string>& texts) {
    put(std::uint64_t{texts.size()});
    for (const auto& [event, text] : texts) {
      put(event);
      put(text);
    }
  }
  void put(const std::vector<std::string>& texts) {
    put(std::uint64_t{texts.size()});
    for (const auto& text : texts) put(text);
  }
  std::string out;
};

// Reads what a TextWriter wrote; once something does not fit, everything is 0 or empty and good() stays false.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && in_.empty(); }
  bool expect(bool truth) { return good_ = good_ && truth; }

  std::uint64_t number() {
    if (!expect(in_.size() >= sizeof(std::uint64_t))) return 0;
    const std::uint64_t number = word_at(in_.data());
    in_ = in_.subspan(sizeof number);
    return number;
  }
  // How many things follow, each of at least eight bytes: no count makes anybody reserve more than the file holds.
  std::uint64_t count() {
    const std::uint64_t n = number();
    return expect(n <= in_.size() / sizeof n) ? n : 0;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (!expect(size <= in_.size())) return {};
    std::string text(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    expect(is_utf8(text));
    return text;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> texts(count());
    for (auto& text : texts) text = this->text();
    return texts;
  }
  // Ascending, each below `limit`.
  std::map<std::uint64_t, std::string> texts_of_events(std::uint64_t limit) {
    std::map<std::uint64_t, std::string> texts;
    for (std::uint64_t left = count(); left != 0 && good_; --left) {
      const std::uint64_t event = number();
      expect(event < limit && (texts.empty() || event > texts.rbegin()->first));
      texts.emplace_hint(texts.end(), event, text());
    }
    return texts;
  }

 private:
  std::span<const std::byte> in_;
  bool good_ = true;
};

constexpr std::array kFacts = {&Facts::allocs,
                               &Facts::frees,
                               &Facts::reallocs,
                               &Facts::resets,
                               &Facts::marks,
                               &Facts::unknown_frees,
                               &Facts::null_frees,
                               &Facts::implicit_frees,
                               &Facts::unknown_reallocs,
                               &Facts::failed_requests,
                               &Facts::peak_live_bytes,
                               &Facts::peak_live_blocks,
                               &Facts::largest_request,
                               &Facts::live_bytes_at_end,
                               &Facts::live_blocks_at_end,
                               &Facts::threads};
static_assert(sizeof(Facts) == kFacts.size() * sizeof(std::uint64_t), "every one of the facts is kept");

void put_header(TextWriter& out, const Header& header) {
  out.put(header.name);
  out.put(header.about);
  std::string allocators = "[";
  for (const auto& spec : header.allocators) {
    allocators += allocators.size() > 1 ? ", " : "";
    allocators += allocator_to_json(spec);
  }
  out.put(allocators + "]");
  out.put(header.default_align.value_or(0));
  out.put(header.format);
  out.put(std::uint64_t{header.rows});
  out.put(std::uint64_t{header.extra.size()});
  for (const auto& [name, json] : header.extra) {
    out.put(name);
    out.put(json);
  }
  out.put(header.process);
  out.put(std::uint64_t{header.processes.size()});
  for (const LoggedProcess& process : header.processes) {
    out.put(process.number);
    out.put(process.events);
  }
}

Header header_from(Reader& in) {
  Header header;
  header.name = in.text();
  header.about = in.text();
  std::vector<Trouble> faults;
  if (const std::string allocators = in.text(); in.good() && allocators != "[]") {
    header.allocators = allocators_from_json(allocators, faults);
  }
  in.expect(faults.empty());
  if (const std::uint64_t align = in.number(); align != 0) {
    in.expect(std::has_single_bit(align));
    header.default_align = align;
  }
  header.format = in.text();
  header.rows = in.number() != 0;
  for (std::uint64_t left = in.count(); left != 0 && in.good(); --left) {
    std::string name = in.text();
    header.extra[std::move(name)] = in.text();
  }
  header.process = in.number();
  for (std::uint64_t left = in.count(); left != 0 && in.good(); --left) {
    const std::uint64_t number = in.number();
    header.processes.push_back({number, in.number()});
  }
  return header;
}

void put_sites(TextWriter& out, const std::vector<Site>& sites) {
  out.put(std::uint64_t{sites.size()});
  for (const Site& site : sites) {
    out.put(std::uint64_t{site.stack});
    out.put(site.frames);
  }
}

std::vector<Site> sites_from(Reader& in) {
  std::vector<Site> sites(in.count());
  for (Site& site : sites) {
    site.stack = in.number() != 0;
    site.frames = in.texts();
    if (!in.expect(!site.frames.empty())) break;
  }
  return sites;
}

}  // namespace

std::uint64_t hash_bytes(std::span<const std::byte> bytes, std::uint64_t seed) {
  const std::size_t whole = bytes.size() / BlockHash::kBlock * BlockHash::kBlock;
  BlockHash blocks(seed);
  blocks.add(bytes.first(whole));
  std::uint64_t hash = blocks.value() ^ bytes.size();
  for (const std::byte byte : bytes.subspan(whole)) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * kOdd;
  return mixed(hash);
}

bool TraceImage::write(const Trace& trace, const Header& header, std::string_view key,
                       const std::function<bool(std::string_view)>& put) {
  TextWriter texts;
  texts.put(key);
  put_header(texts, header);
  for (const auto field : kFacts) texts.put(trace.facts_.*field);
  texts.put(std::uint64_t{trace.slot_count_});
  texts.put(trace.size());
  std::size_t offset = 0;
  for (const auto column : Trace::kColumns) {
    texts.put(std::uint64_t{(trace.*column).width_bytes()});
    texts.put((trace.*column).first());
    texts.put(std::uint64_t{offset});
    texts.put(std::uint64_t{(trace.*column).bytes().size()});
    offset = aligned(offset + (trace.*column).bytes().size());
  }
  texts.put(trace.names_);
  texts.put(trace.tags_);
  texts.put(trace.warnings_);
  put_sites(texts, trace.sites_);
  for (const auto* of_events : {&trace.notes_, &trace.mark_names_, &trace.extras_}) texts.put(*of_events);
  texts.put(std::uint64_t{trace.offsets_.size()});
  for (const auto& [event, at] : trace.offsets_) {
    texts.put(event);
    texts.put(at);
  }
  texts.put(std::uint64_t{trace.began_.size()});
  for (const auto& [event, began] : trace.began_) {
    texts.put(event);
    texts.put(began);
  }

  const auto body = [&](auto each) {
    return in_pieces(std::as_bytes(std::span(texts.out)), each) &&
           std::all_of(Trace::kColumns.begin(), Trace::kColumns.end(),
                       [&](const auto column) { return in_pieces((trace.*column).bytes(), each); });
  };
  const std::uint64_t version = version_of_reading();
  BlockHash checksum(version);
  const bool summed = body([&](std::span<const std::byte> piece) {
    checksum.add(piece);
    return put({});  // it may want to stop
  });
  if (!summed) return false;
  TextWriter head;
  head.out = kMagic;
  const std::uint64_t file_bytes = kHeadBytes + aligned(texts.out.size()) + offset;
  for (const std::uint64_t number : {version, file_bytes, std::uint64_t{texts.out.size()}, checksum.value()}) {
    head.put(number);
  }
  const auto put_piece = [&](std::span<const std::byte> piece) {
    return put({reinterpret_cast<const char*>(piece.data()), piece.size()});
  };
  return in_pieces(std::as_bytes(std::span(head.out)), put_piece) && body(put_piece);
}

std::optional<Trace> TraceImage::read(std::span<const std::byte> bytes, std::string_view key,
                                      std::shared_ptr<const void> owner) {
  if (bytes.size() < kHeadBytes || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) return {};
  Reader head(bytes.subspan(kMagic.size(), kHeadBytes - kMagic.size()));
  const std::uint64_t version = version_of_reading();
  if (head.number() != version || head.number() != bytes.size()) return {};
  const std::uint64_t text_bytes = head.number();
  const std::uint64_t checksum = head.number();
  const auto body = bytes.subspan(kHeadBytes);
  if (body.size() % kAlign != 0 || text_bytes > body.size()) return {};
  BlockHash sum(version);
  sum.add(body);
  if (sum.value() != checksum) return {};
  const auto texts = body.first(text_bytes);
  const auto data = body.subspan(aligned(text_bytes));

  Reader in(texts);
  if (in.text() != key) return {};
  Trace trace;
  trace.header_ = header_from(in);
  for (const auto field : kFacts) trace.facts_.*field = in.number();
  const std::uint64_t slots = in.number(), size = in.number();
  if (!in.expect(slots <= size && slots < kNoSlot)) return {};
  trace.slot_count_ = static_cast<std::uint32_t>(slots);
  for (const auto column : Trace::kColumns) {
    const std::uint64_t width = in.number(), first = in.number(), at = in.number(), held = in.number();
    if (!in.expect(width <= Column::kPacked && at <= data.size() && held <= data.size() - at)) return {};
    auto borrowed = Column::borrow(data.subspan(at, held), static_cast<unsigned>(width), size, first);
    if (!borrowed) return {};
    trace.*column = *std::move(borrowed);
  }
  trace.names_ = in.texts();
  trace.tags_ = in.texts();
  trace.warnings_ = in.texts();
  trace.sites_ = sites_from(in);
  for (auto* of_events : {&trace.notes_, &trace.mark_names_, &trace.extras_}) *of_events = in.texts_of_events(size);
  for (std::uint64_t left = in.count(); left != 0 && in.good(); --left) {
    const std::uint64_t event = in.number();
    trace.offsets_.emplace_hint(trace.offsets_.end(), event, in.number());
  }
  for (std::uint64_t left = in.count(); left != 0 && in.good(); --left) {
    const std::uint64_t event = in.number(), began = in.number();
    in.expect(event < size && began < size && (trace.began_.empty() || trace.began_.back().first < event));
    trace.began_.emplace_back(event, began);
  }
  trace.borrowed_from_ = std::move(owner);
  if (!in.at_end() || !is_sound(trace)) return {};
  return trace;
}

void TraceImage::sum_up(std::string& image) {
  BlockHash sum(version_of_reading());
  sum.add(std::as_bytes(std::span(image)).subspan(kHeadBytes));
  const std::uint64_t value = sum.value();
  std::memcpy(image.data() + kMagic.size() + 3 * sizeof value, &value, sizeof value);
}

// Whether no value leads out of a table: what the builder guarantees of a trace, and a forged file might not.
bool TraceImage::is_sound(const Trace& trace) {
  const std::uint64_t size = trace.size();
  if (!trace.op_.is_at_most(static_cast<std::uint64_t>(Op::Mark)) || !trace.align_log2_.is_at_most(63)) return false;
  if (!trace.slot_.is_at_most(trace.slot_count_) || !trace.partner_.is_at_most(size)) return false;
  if (!trace.site_.is_at_most(trace.sites_.size()) || !trace.tag_.is_at_most(trace.tags_.size())) return false;
  const std::uint64_t flags = trace.flags_.bits();
  if (flags > 0xff) return false;
  const bool has_marks = trace.facts_.marks != 0 || !trace.mark_names_.empty();
  const bool by_row = (flags & (kNamedId | kByOffset)) != 0 || has_marks ||
                      !trace.op_.is_at_most(static_cast<std::uint64_t>(Op::Mark) - 1);
  for (std::uint64_t i = 0; by_row && i < size; ++i) {
    const std::uint8_t here = trace.flags(i);
    if ((here & kNamedId) != 0 && trace.id_[i] >= trace.names_.size()) return false;
    if ((here & kByOffset) != 0 && !trace.offsets_.contains(i)) return false;
    if (trace.op(i) == Op::Mark && trace.mark_name(i) == nullptr) return false;
  }
  return true;
}

}  // namespace allocviz::trace
