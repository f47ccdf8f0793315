#include "viz/app/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/replay/words.h"

namespace allocviz::app {

std::string owner_of(const trace::Trace& trace, const replay::Block& block) {
  if (block.born >= trace.size()) return {};
  const std::string id = trace.id_text(block.born);
  return id.empty() ? fmt::format("the block of event {}", trace::count_text(block.born + 1)) : id;
}

std::string names_of(const trace::Trace& trace, const std::vector<const replay::Block*>& blocks) {
  if (blocks.size() > kNamesSpelled) return trace::count_text(blocks.size()) + " blocks";
  std::string names;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 0) names += i + 1 == blocks.size() ? " and " : ", ";
    names += owner_of(trace, *blocks[i]);
  }
  return names;
}

std::string short_site(std::string_view site) {
  const std::size_t named = site.find(":("), bare = std::min(named, site.find(":["));
  const std::string_view path = site.substr(0, bare);
  const std::size_t slash = path.find_last_of('/');
  const bool whole = slash == std::string_view::npos || slash + 1 == path.size();
  const std::string file{whole ? path : path.substr(slash + 1)};
  if (named != std::string_view::npos) {
    const std::size_t from = named + 2, end = site.find_first_of("+)", from);
    if (end == std::string_view::npos) return file + std::string{site.substr(named)};
    if (end > from) return std::string{site.substr(from, end - from)};
    // "/bin/jq:(+0x8c)[0x75d9c]"
    const std::size_t close = site.find(')', from);
    if (site[end] == '+' && close != std::string_view::npos) {
      return file + std::string{site.substr(from, close - from)};
    }
  }
  if (bare == std::string_view::npos) return file;
  if (site.back() != ']') return file + std::string{site.substr(bare)};
  return fmt::format("{}+{}", file, site.substr(bare + 2, site.size() - bare - 3));
}

std::string telling_part(std::string_view site) {
  // "main.c:12 parse_header": a file and a line, which hold no space, and then what is called.
  const std::size_t space = site.find(' ');
  const std::string_view place = site.substr(0, space);
  const std::size_t colon = place.rfind(':');
  const bool has_line = colon != std::string_view::npos && colon + 1 < place.size() &&
                        place.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (space != std::string_view::npos && has_line) site.remove_prefix(space + 1);
  // "cc1plus+0x6a3a19": of a file without names the address is all that tells.
  const std::size_t offset = site.find("+0x");
  const bool has_size = offset != std::string_view::npos && site.find('/', offset) != std::string_view::npos;
  if (offset != std::string_view::npos && !has_size) return std::string{site};
  // "eventfs_set_attr+0x10d/0x140", "std::vector<int>::push_back(int&&)"; "operator()" and "(anonymous" are names.
  if (has_size && offset != 0) site = site.substr(0, offset);
  const std::size_t open = site.rfind('(');
  const bool is_list = open != std::string_view::npos && open != 0 && site.find(')', open) != std::string_view::npos;
  if (is_list && !(site.size() >= open + 2 && site.substr(0, open).ends_with("operator")) &&
      site.substr(open).find("::") == std::string_view::npos) {
    site = site.substr(0, open);
  }
  return std::string{site};
}

std::size_t offset_bytes(std::string_view site) {
  const std::size_t plus = site.rfind("+0x"), from = plus == std::string_view::npos ? 0 : plus + 1;
  if (site.substr(from, 2) != "0x") return 0;
  const bool is_hex = site.find_first_not_of("0123456789abcdefABCDEF", from + 2) == std::string_view::npos;
  return is_hex ? site.size() - (plus == std::string_view::npos ? 0 : plus) : 0;
}

std::uint64_t told_until(const State& state) {
  const trace::Header& header = state.document.trace->header();
  const bool asks = !header.about.empty() && header.allocators.size() > 1 && state.stages.size() > 1;
  return asks ? state.cursor().event : trace::kNoEvent;
}

bool is_to_be_guessed(const State& state, std::uint64_t index) {
  return told_until(state) <= index;
}

std::string title_of_stage(const State& state, std::size_t stage) {
  const std::string title = trace::to_title(state.timeline(stage).spec());
  for (std::size_t other = 0; other < state.stages.size(); ++other) {
    if (other != stage && trace::to_title(state.timeline(other).spec()) == title)
      return fmt::format("{} ({})", title, stage + 1);
  }
  return title;
}

std::vector<Refuser> refusers(const State& state) {
  std::vector<Refuser> all;
  if (state.stages.size() < 2) return all;
  const bool asks = told_until(state) != trace::kNoEvent;
  std::size_t number = 0;
  for (const Stage& stage : state.stages) {
    ++number;
    const trace::AllocatorSpec& spec = stage.timeline->spec();
    if (stage.timeline->failures().empty() && !asks) continue;
    const auto of_kind = std::count_if(state.stages.begin(), state.stages.end(),
                                       [&](const Stage& other) { return other.timeline->spec().kind == spec.kind; });
    std::string name(trace::kind_text(spec.kind));
    if (of_kind > 1) name += fmt::format(" {}", number);
    all.push_back({std::move(name), title_of_stage(state, number - 1), &stage.timeline->failures()});
  }
  if (!state.document.failed_there.empty())
    all.push_back({"log", "the recorded program", &state.document.failed_there});
  return all;
}

std::string refused_by(const State& state, std::uint64_t index) {
  if (state.stages.size() < 2 || is_to_be_guessed(state, index)) return {};
  std::vector<std::string> names;
  for (std::size_t stage = 0; stage < state.stages.size(); ++stage) {
    const std::vector<std::uint64_t>& failures = state.timeline(stage).failures();
    if (!std::binary_search(failures.begin(), failures.end(), index)) continue;
    names.push_back(title_of_stage(state, stage));
  }
  return replay::list_text(names);
}

std::string_view refusing_kind(const State& state, std::uint64_t index) {
  if (is_to_be_guessed(state, index)) return {};
  std::string_view refusing;
  std::array<int, static_cast<std::size_t>(trace::AllocatorKind::Recorded) + 1> of_kind{};
  for (const Stage& stage : state.stages) {
    const trace::AllocatorKind kind = stage.timeline->spec().kind;
    ++of_kind[static_cast<std::size_t>(kind)];
    const std::vector<std::uint64_t>& failures = stage.timeline->failures();
    if (!std::binary_search(failures.begin(), failures.end(), index)) continue;
    if (!refusing.empty()) return {};
    refusing = trace::kind_text(kind);
  }
  const auto one = [](int count) { return count <= 1; };
  return state.stages.size() > 1 && std::all_of(of_kind.begin(), of_kind.end(), one) ? refusing : std::string_view{};
}

}  // namespace allocviz::app
