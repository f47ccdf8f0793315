// Rows of a few numbers as bytes and back: column by column, each in as many bits as this run of rows needs.
//
//   rows    (0, 0x40, 16)  (0, 0x20, 100)  (3, 0x90, 16) ...         up to 128 rows a run; a run of none ends them
//   a run   how many | bits, least, values of column 0 | bits, least, values of column 1 | ...
//
// Of rows of a million blocks a third less than numbers one by one, and read several times as fast. One spelling for
// the same rows, so equal states are equal bytes.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/replay/bytes.h"
#include "core/trace/packed_bits.h"

namespace allocviz::replay {

inline constexpr std::size_t kRunRows = 128;

template <std::size_t kColumns>
class RowWriter {
 public:
  explicit RowWriter(ByteWriter& out) : out_(out) {}

  void put(const std::array<std::uint64_t, kColumns>& row) {
    for (std::size_t column = 0; column < kColumns; ++column) values_[column][rows_] = row[column];
    if (++rows_ == kRunRows) write_run();
  }
  // To be called once, after the last row; then it can begin anew.
  void end() {
    if (rows_ != 0) write_run();
    out_.put(0);
  }

 private:
  void write_run() {
    out_.put(rows_);
    for (const auto& column : values_) {
      const std::span<const std::uint64_t> values(column.data(), rows_);
      const auto [least, largest] = trace::range_of(values);
      const unsigned bits = trace::packed_bits_for(largest - least);
      out_.put(bits);
      out_.put(least);
      trace::write_packed(out_.room_for(trace::packed_bytes(rows_, bits)), values, least, bits);
    }
    rows_ = 0;
  }

  ByteWriter& out_;
  std::array<std::array<std::uint64_t, kRunRows>, kColumns> values_;
  std::size_t rows_ = 0;
};

// Reads what a RowWriter wrote.
template <std::size_t kColumns>
class RowReader {
 public:
  explicit RowReader(ByteReader& in) : in_(in) {}

  // False when there is no further row; then it is to be asked no more.
  [[nodiscard]] bool next(std::array<std::uint64_t, kColumns>& row) {
    if (at_ == rows_ && next_run() == 0) return false;
    for (std::size_t column = 0; column < kColumns; ++column) row[column] = values_[column][at_];
    ++at_;
    return true;
  }

  // Many at once, in the place of next(): how many rows the next run has, 0 when there is none.
  [[nodiscard]] std::size_t next_run() {
    const std::size_t rows = begin_run();
    if (rows != 0) read_columns(0, kColumns);
    return rows;
  }
  // The same for whoever reads its columns one by one, or none: then it is passed over.
  [[nodiscard]] std::size_t begin_run() {
    at_ = 0;
    rows_ = in_.get();
    assert(rows_ <= kRunRows && "a run is read where one was written");
    if (rows_ == 0) return 0;
    for (Packed& column : packed_) {
      column.bits = static_cast<unsigned>(in_.get());
      column.least = in_.get();
      column.bytes = in_.take(trace::packed_bytes(rows_, column.bits));
    }
    return rows_;
  }
  void read_columns(std::size_t from, std::size_t to) {
    for (std::size_t column = from; column < to; ++column) {
      const Packed& packed = packed_[column];
      trace::read_packed(packed.bytes, rows_, packed.least, packed.bits, values_[column]);
    }
  }
  [[nodiscard]] const std::array<std::uint64_t, kRunRows>& column(std::size_t number) const { return values_[number]; }

 private:
  struct Packed {
    const std::byte* bytes = nullptr;
    std::uint64_t least = 0;
    unsigned bits = 0;
  };

  ByteReader& in_;
  std::array<Packed, kColumns> packed_;
  std::array<std::array<std::uint64_t, kRunRows>, kColumns> values_;
  std::size_t rows_ = 0, at_ = 0;
};

// Rows in ascending order of their first column, which they hold as the gap to the row before.
template <std::size_t kWidth>
class AscendingWriter {
 public:
  explicit AscendingWriter(ByteWriter& out) : rows_(out) {}
  void put(std::array<std::uint64_t, kWidth> row) {
    after_ = std::exchange(row[0], row[0] - after_) + 1;
    rows_.put(row);
  }
  void end() { rows_.end(); }

 private:
  RowWriter<kWidth> rows_;
  std::uint64_t after_ = 0;
};

template <std::size_t kWidth>
class AscendingReader {
 public:
  explicit AscendingReader(ByteReader& in) : rows_(in) {}
  [[nodiscard]] bool next(std::array<std::uint64_t, kWidth>& row) {
    if (!rows_.next(row)) return false;
    row[0] += after_;
    after_ = row[0] + 1;
    return true;
  }

 private:
  RowReader<kWidth> rows_;
  std::uint64_t after_ = 0;
};

}  // namespace allocviz::replay
