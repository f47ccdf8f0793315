#include "core/replay/digest.h"

#include <algorithm>
#include <array>
#include <bit>

namespace allocviz::replay {
namespace {

constexpr std::size_t kStates = 7;
constexpr std::size_t kSplit = kStates;  // beside the states
constexpr std::size_t kLevels = 65;      // -1 to 63
constexpr std::size_t kKinds = kStates + 1;

// The sums of one run, cleared entry by entry: a run touches few of them.
class Sums {
 public:
  Digest::Part& of(int level, std::size_t kind) {
    const auto row = static_cast<std::size_t>(level + 1);
    touched_[row] |= static_cast<std::uint8_t>(1u << kind);
    return parts_[row][kind];
  }
  void take(std::vector<Digest::Part>& by_level, std::vector<Digest::Part>& by_state) {
    std::array<Digest::Part, kStates> all{};
    for (std::size_t row = 0; row < kLevels; ++row) {
      for (unsigned left = touched_[row]; left != 0; left &= left - 1) {
        const auto kind = static_cast<std::size_t>(std::countr_zero(left));
        Digest::Part part = parts_[row][kind];
        parts_[row][kind] = {};
        if (part.blocks == 0) continue;
        part.level = static_cast<std::int16_t>(static_cast<int>(row) - 1);
        part.split = kind == kSplit;
        if (!part.split) {
          part.state = static_cast<BlockState>(kind);
          all[kind].blocks += part.blocks;
          all[kind].solid += part.solid;
          all[kind].rounding += part.rounding;
        }
        by_level.push_back(part);
      }
      touched_[row] = 0;
    }
    for (std::size_t kind = 0; kind < kStates; ++kind) {
      if (all[kind].blocks == 0) continue;
      all[kind].state = static_cast<BlockState>(kind);
      by_state.push_back(all[kind]);
    }
  }

 private:
  std::array<std::array<Digest::Part, kKinds>, kLevels> parts_{};
  std::array<std::uint8_t, kLevels> touched_{};
};

// The last split block of each level that began in the run: only these can end behind it.
class Splits {
 public:
  // Those that begin where this block does: as many levels above it as its offset is a multiple of.
  void begin_with(const Block& block, Sums& sums) {
    for (int level = block.level - 1; level >= 0; --level) {
      const std::uint64_t size = block.size << static_cast<unsigned>(block.level - level);
      if (size == 0 || (block.offset & (size - 1)) != 0) return;
      last_[static_cast<std::size_t>(level)] = {block.offset, size, level};
      seen_ |= std::uint64_t{1} << static_cast<unsigned>(level);
      Digest::Part& part = sums.of(level, kSplit);
      ++part.blocks;
      part.solid += size;
    }
  }
  void end_run(std::uint64_t end, Sums& sums, std::vector<Digest::Open>& open) {
    for (; seen_ != 0; seen_ &= seen_ - 1) {
      const Digest::Open& split = last_[static_cast<std::size_t>(std::countr_zero(seen_))];
      if (split.size <= end - split.offset) continue;
      Digest::Part& part = sums.of(split.level, kSplit);
      --part.blocks;
      part.solid -= split.size;
      open.push_back(split);
    }
  }

 private:
  std::array<Digest::Open, 64> last_{};
  std::uint64_t seen_ = 0;
};

}  // namespace

void Digest::clear() {
  runs_.clear();
  parts_.clear();
  states_.clear();
  open_.clear();
  held_ = 0;
}

void Digest::sum_up(const Census& census) {
  clear();
  const bool tree = census.kind == trace::AllocatorKind::Buddy;
  Sums sums;
  Splits splits;
  runs_.reserve(census.blocks.size() / kRun + 1);
  for (std::size_t first = 0; first < census.blocks.size(); first += kRun) {
    const std::span<const Block> blocks =
        std::span(census.blocks).subspan(first).first(std::min(kRun, census.blocks.size() - first));
    Run run{.offset = blocks.front().offset,
            .end = blocks.back().offset + blocks.back().size,
            .first = first,
            .blocks = static_cast<std::uint32_t>(blocks.size())};
    unsigned held = 0;
    for (const Block& block : blocks) held |= 1u << static_cast<unsigned>(block.state);
    held_ |= held;
    run.plain = (held >> static_cast<unsigned>(BlockState::Gap) & 1u) == 0;
    for (const Block& block : blocks) run.plain = run.plain && (!tree || block.level >= 0);
    std::uint64_t most = 0;
    for (std::size_t i = 0; run.plain && i < blocks.size(); ++i) {
      const Block& block = blocks[i];
      Part& part = sums.of(block.level, static_cast<std::size_t>(block.state));
      ++part.blocks;
      const bool live = block.state == BlockState::Live;
      const std::uint64_t solid = live ? std::min(block.requested, block.size) : block.size;
      part.solid += solid;
      part.rounding += block.size - solid;
      if (live && (!run.has_live || solid > most)) {
        run.has_live = true;
        run.largest = static_cast<std::uint32_t>(i);
        most = solid;
      }
      if (block.level < 0) continue;
      run.levels |= std::uint64_t{1} << static_cast<unsigned>(block.level);
      if (tree) splits.begin_with(block, sums);
    }
    if (run.plain) splits.end_run(run.end, sums, open_);
    sums.take(parts_, states_);
    run.parts = static_cast<std::uint32_t>(parts_.size());
    run.states = static_cast<std::uint32_t>(states_.size());
    run.open = static_cast<std::uint32_t>(open_.size());
    runs_.push_back(run);
  }
}

std::uint64_t Digest::memory_bytes() const {
  return runs_.capacity() * sizeof(Run) + (parts_.capacity() + states_.capacity()) * sizeof(Part) +
         open_.capacity() * sizeof(Open);
}

}  // namespace allocviz::replay
