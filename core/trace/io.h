// Bytes in and bytes out: files, standard input and output, decompression found by content, and saving that either
// happens whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/trace/trouble.h"

namespace allocviz::trace {

class TraceWatcher;  // trace.h

// How far long work is, and whether it should stop. Called from the worker's thread, a few dozen times a second.
struct Progress {
  std::function<void(double fraction_done)> report;  // may be empty
  std::function<bool()> cancelled;                   // may be empty
  TraceWatcher* watcher = nullptr;                   // of a trace that is being read; may be null
  [[nodiscard]] bool stop() const { return cancelled && cancelled(); }
};

inline constexpr std::size_t kIoBlock = std::size_t{256} << 10;  // what is read or written at once

struct ReadLimits {
  std::uint64_t max_decompressed_bytes = std::uint64_t{64} << 30;
  std::uint64_t max_expansion = 1000;             // decompressed / compressed, above a floor of 64 MiB: refuses bombs
  std::uint64_t first_bytes = ~std::uint64_t{0};  // of the decompressed input only these, as if it were cut there
};

// A stream of decompressed bytes. gz, zstd (concatenated members or frames too), xz, bz2 and zip with one member are
// seen by their first bytes, and so is text in UTF-16 or with a byte order mark, which comes as UTF-8 without one;
// anything else passes through as it is. A file ends where it ended when it was opened.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `into` and returns how many bytes came; 0 at the end. A stream cut inside a compressed frame yields the bytes
  // it had, then `cut_short()` is true. Trouble only where nothing sensible can be read (I/O error, bomb, not a file).
  virtual Result<std::size_t> read(std::span<char> into) = 0;
  [[nodiscard]] virtual bool cut_short() const = 0;
  [[nodiscard]] virtual double fraction_read() const = 0;  // of the compressed file, 0 ... 1; 0 for a pipe
  [[nodiscard]] virtual const std::string& name() const = 0;
};

[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_source(const std::string& path, const ReadLimits& limits = {});
// Whether a file is one that open_source() would decompress; false where that cannot be told.
[[nodiscard]] bool is_packed(const std::string& path);
[[nodiscard]] std::unique_ptr<ByteSource> source_of_text(std::string_view text,
                                                         std::string name);  // for tests, not copied

// Lines of a ByteSource, without their '\n' (a '\r' before it is dropped too). A line longer than the limit is a
// Trouble: no input makes this grow without bound.
class LineReader {
 public:
  explicit LineReader(ByteSource& source, std::size_t max_line_bytes = std::size_t{64} << 20);
  // true and `line` (valid until the next call), or false at the end of input.
  Result<bool> next(std::string_view& line);
  [[nodiscard]] std::uint64_t line_number() const { return line_number_; }  // of the line last returned, from 1
  [[nodiscard]] std::uint64_t line_offset() const { return line_offset_; }  // its first byte in the decompressed text
  [[nodiscard]] bool last_line_was_complete() const { return complete_; }   // it ended with '\n'
  [[nodiscard]] ByteSource& source() { return source_; }
  // The first bytes of the input, without consuming them: what recognisers look at.
  Result<std::string_view> peek(std::size_t bytes);
  // For readers of what is not lines: the bytes that are buffered, at least one except at the end of input (valid until
  // the next call of anything), and how many of them were used. Lines are counted on; next() goes on from there. Who
  // has counted the line breaks among them says how many they are.
  Result<std::string_view> chunk();
  void consume(std::size_t bytes);
  void consume(std::size_t bytes, std::uint64_t line_breaks);

 private:
  Result<bool> refill();  // false at the end of input

  ByteSource& source_;
  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t line_number_ = 0, line_offset_ = 0, next_offset_ = 0;
  bool complete_ = true, at_end_ = false;
};

// A file written beside its target and renamed over it by commit(): whatever happens before leaves the old file whole.
// Ending .zst or .gz compresses. The new file keeps the mode and, where that is allowed, the owner of the old one; a
// symbolic link stays and its target is replaced. "-" writes to standard output, and what is no regular file (a pipe, a
// device) is written as it is; there commit() only flushes.
class AtomicFile {
 public:
  // When commit() returns, a Safe file is on disk; a Fast one need not be, and after a loss of power it may be
  // anything.
  enum class Kind : std::uint8_t { Safe, Fast };
  [[nodiscard]] static Result<std::unique_ptr<AtomicFile>> create(const std::string& path, Kind kind = Kind::Safe);
  virtual ~AtomicFile() = default;  // without commit(): the temporary file is removed
  virtual Status write(std::string_view bytes) = 0;
  virtual Status commit() = 0;  // flushed, then renamed
};

}  // namespace allocviz::trace
