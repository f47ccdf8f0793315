// Spools as a reader finds them, whatever their writer was in the midst of when it ended.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "core/record/spool_reader.h"
#include "tests/record_support.h"

namespace allocviz::record {
namespace {

constexpr std::uint64_t kFirst = kHeaderBytes;            // 64 KiB of records in their place,
constexpr std::uint64_t kBuffer = kFirst + (64u << 10);   // a buffer,
constexpr std::uint64_t kPlace = kBuffer + kBufferBytes;  // and two chunks' places
constexpr std::uint64_t kNextPlace = kPlace + kBufferBytes;
constexpr std::uint64_t kEnd = kNextPlace + kBufferBytes;

// A file put together by hand.
class HandMade {
 public:
  HandMade() : bytes_(kEnd) {
    header_.magic = kMagic;
    header_.buffers[0].stands_at = kBuffer;
  }
  HandMade& buffer_for(std::uint64_t place) {
    header_.buffers[0].for_place = place;
    return *this;
  }
  HandMade& also_buffer(std::uint64_t stands_at, std::uint64_t place) {
    header_.buffers[1] = {stands_at, place};
    return *this;
  }
  HandMade& record(std::uint64_t at, std::uint64_t value) {
    const Record made{value, 0, 0, 0, pack(Kind::Free, 0, 1)};
    std::memcpy(bytes_.data() + at, &made, sizeof made);
    return *this;
  }
  // The values of the records that are seen, in their order.
  [[nodiscard]] std::vector<std::uint64_t> seen() {
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    const TestFolder folder;
    const std::string path = folder.file("1.0");
    std::ofstream(path, std::ios::binary).write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    const trace::Result<SpoolFile> spool = SpoolFile::open(path);
    std::vector<std::uint64_t> values;
    if (!spool.ok()) {
      ADD_FAILURE() << spool.trouble().what;
      return values;
    }
    for (const Record& record : spool->records()) {
      if (kind_of(record.what) != Kind::Empty) values.push_back(record.value);
    }
    return values;
  }

 private:
  SpoolHeader header_{};
  std::vector<char> bytes_;
};

using Values = std::vector<std::uint64_t>;

TEST(RecordSpool, what_is_in_a_buffer_is_seen_where_it_belongs) {
  HandMade spool;
  spool.record(kFirst, 1).record(kPlace, 2).buffer_for(kNextPlace).record(kBuffer, 3).record(kBuffer + 64, 4);
  EXPECT_EQ(spool.seen(), (Values{1, 2, 3, 4}));
}

TEST(RecordSpool, what_was_put_in_its_place_is_seen_once_though_its_buffer_was_not_emptied) {
  HandMade spool;
  spool.record(kFirst, 1).record(kPlace, 2).record(kPlace + 32, 3);
  spool.buffer_for(0).record(kBuffer + 32, 3);  // its writer ended half way through emptying it
  EXPECT_EQ(spool.seen(), (Values{1, 2, 3}));
}

TEST(RecordSpool, what_was_put_in_its_place_in_part_is_seen_whole) {
  HandMade spool;
  spool.record(kFirst, 1).record(kPlace, 2).buffer_for(kPlace).record(kBuffer, 2).record(kBuffer + 32, 3);
  EXPECT_EQ(spool.seen(), (Values{1, 2, 3}));
}

TEST(RecordSpool, a_buffer_that_says_it_is_where_no_file_is_changes_nothing) {
  for (const std::uint64_t nowhere : {kEnd, kEnd - 32, ~std::uint64_t{0}, ~std::uint64_t{31}, std::uint64_t{32}}) {
    HandMade place;
    place.record(kFirst, 1).buffer_for(nowhere);
    EXPECT_EQ(place.seen(), (Values{1})) << nowhere;
    HandMade buffer;
    buffer.record(kFirst, 1).record(kPlace, 2).also_buffer(nowhere, kPlace);
    EXPECT_EQ(buffer.seen(), (Values{1, 2})) << nowhere;
  }
}

}  // namespace
}  // namespace allocviz::record
