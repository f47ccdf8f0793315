// Sources and atomic files: what is recognised, what is refused, and what is left when saving fails.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/as_nobody.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

namespace fs = std::filesystem;
using test::file_bytes;
using test::Folder;
using test::write_bytes;

// All bytes, or the trouble in <>; "!" at the end when the stream was cut short.
std::string all_of(const std::string& path, const ReadLimits& limits = {}) {
  auto source = open_source(path, limits);
  if (!source.ok()) return "<" + source.trouble().text() + ">";
  std::string bytes;
  char block[1000];
  for (;;) {
    const auto got = (*source)->read(block);
    if (!got.ok()) return "<" + got.trouble().text() + ">";
    if (*got == 0) return bytes + ((*source)->cut_short() ? "!" : "");
    bytes.append(block, *got);
  }
}

std::string save(const std::string& path, std::string_view bytes) {
  auto file = AtomicFile::create(path);
  if (!file.ok()) return file.trouble().text();
  if (const auto wrote = (*file)->write(bytes); !wrote.ok()) return wrote.trouble().text();
  const auto committed = (*file)->commit();
  return committed.ok() ? "" : committed.trouble().text();
}

enum class Form { Xz, Bzip2, Zip };

// An archive made by libarchive; of a zip the members' names and bytes.
std::string archive_of(Form form, const std::vector<std::pair<std::string, std::string>>& members) {
  archive* out = archive_write_new();
  if (form == Form::Zip) {
    archive_write_set_format_zip(out);
  } else {
    archive_write_set_format_raw(out);
    form == Form::Xz ? archive_write_add_filter_xz(out) : archive_write_add_filter_bzip2(out);
  }
  archive_write_set_bytes_in_last_block(out, 1);
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  EXPECT_EQ(archive_write_open_memory(out, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  for (const auto& [name, content] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (!name.ends_with('/')) archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    EXPECT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    EXPECT_EQ(archive_write_data(out, content.data(), content.size()), static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

TEST(Source, compression_is_recognised_by_content_not_by_name) {
  const Folder folder;
  const std::string text = long_text();
  const std::string path = folder / "named.json";
  for (const char* ending : {"zst", "gz"}) {
    ASSERT_EQ(save(folder / ("x." + std::string(ending)), text), "");
    const std::string bytes = file_bytes(folder / ("x." + std::string(ending)));
    EXPECT_LT(bytes.size(), text.size() / 3);
    write_bytes(path, bytes);
    EXPECT_TRUE(all_of(path) == text) << ending;
    write_bytes(path, bytes + bytes);  // concatenated frames or members
    EXPECT_TRUE(all_of(path) == text + text) << ending;
  }
  write_bytes(path, archive_of(Form::Xz, {{"data", text}}));
  EXPECT_TRUE(all_of(path) == text);
  write_bytes(path, archive_of(Form::Bzip2, {{"data", text}}));
  EXPECT_TRUE(all_of(path) == text);
  write_bytes(path, archive_of(Form::Zip, {{"a/", ""}, {"a/log", text}}));
  EXPECT_TRUE(all_of(path) == text);
  write_bytes(path, text);
  EXPECT_TRUE(all_of(path) == text);
  write_bytes(path, "");
  EXPECT_EQ(all_of(path), "");
}

TEST(Source, text_of_windows_programs_comes_as_utf8_without_a_byte_order_mark) {
  const Folder folder;
  // "aé€😀" and a line break; then a half of a pair that stands alone.
  const std::string utf8 = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n";
  const std::string least("a\0\xe9\0\xac\x20\x3d\xd8\x00\xde\n\0", 12);
  std::string most;
  for (std::size_t i = 0; i < least.size(); i += 2) most += {least[i + 1], least[i]};
  const auto read = [&](const std::string& bytes) {
    write_bytes(folder / "log", bytes);
    return all_of(folder / "log");
  };
  EXPECT_EQ(read("\xef\xbb\xbf" + utf8), utf8);
  EXPECT_EQ(read("\xff\xfe" + least), utf8);
  EXPECT_EQ(read("\xfe\xff" + most), utf8);
  EXPECT_EQ(read(std::string("a\0b\0", 4)), "ab");
  EXPECT_EQ(read(std::string("\0a\0b", 4)), "ab");
  EXPECT_EQ(read(std::string("a\0b\0\xe4\0c\0", 8)),
            "ab\xc3\xa4"
            "c");
  EXPECT_EQ(read(std::string("\xff\xfe\x3d\xd8"
                             "a\0",
                             6)),
            "\xef\xbf\xbd"
            "a");
  EXPECT_EQ(read(std::string("\xff\xfe"
                             "a\0\x3d\xd8",
                             6)),
            "a\xef\xbf\xbd");
  EXPECT_EQ(read(std::string("\xff\xfe"
                             "a\0b",
                             5)),
            "a");
  // What is no such text stays as it is.
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("\xff"), std::string("\xef\xbb"),
                                   std::string("\x80\x04\x95\0\0", 5), std::string(9, '\0'), utf8,
                                   std::string("A\0 \0\xff\0\0\0\x34\x12", 10), std::string("\0A\0 \xff\0\0\0", 8)}) {
    EXPECT_EQ(read(bytes), bytes);
  }
}

TEST(Source, long_text_in_utf16_comes_whole_wherever_it_is_cut_into_blocks) {
  const Folder folder;
  std::string wide = "\xff\xfe", plain;
  for (int i = 0; i < 300'000; ++i) {
    wide += std::string("\x3d\xd8\x00\xde", 4) + "x" + std::string(1, '\0');
    plain += "\xf0\x9f\x98\x80x";
  }
  write_bytes(folder / "log", wide);
  EXPECT_EQ(all_of(folder / "log"), plain);
}

TEST(Source, a_skippable_zstd_frame_is_skipped) {
  const Folder folder;
  ASSERT_EQ(save(folder / "x.zst", "hello"), "");
  write_bytes(folder / "y", std::string("\x50\x2a\x4d\x18\x03\0\0\0abc", 11) + file_bytes(folder / "x.zst"));
  EXPECT_EQ(all_of(folder / "y"), "hello");
}

TEST(Source, padding_behind_a_gzip_file_is_passed_over_and_garbage_is_not) {
  const Folder folder;
  ASSERT_EQ(save(folder / "x.gz", "hello"), "");
  const std::string bytes = file_bytes(folder / "x.gz");
  write_bytes(folder / "y", bytes + std::string(1000, '\0'));
  EXPECT_EQ(all_of(folder / "y"), "hello");
  write_bytes(folder / "y", bytes + "garbage");
  EXPECT_NE(all_of(folder / "y").find("its compressed data is broken: incorrect header check"), std::string::npos);
}

TEST(Source, a_zip_holds_one_file) {
  const Folder folder;
  const std::string path = folder / "x.zip";
  write_bytes(path, archive_of(Form::Zip, {{"one", "1"}, {"two", "2"}, {"three", "3"}}));
  EXPECT_EQ(all_of(path), "<" + path + ": the zip holds 3 files, not one; unpack it and open the log itself>");
  write_bytes(path, archive_of(Form::Zip, {}));
  EXPECT_EQ(all_of(path), "<" + path + ": the zip holds no file; open the log itself>");
  write_bytes(path, archive_of(Form::Zip, {{"only/", ""}}));
  EXPECT_EQ(all_of(path), "<" + path + ": the zip holds no file; open the log itself>");
  write_bytes(path, archive_of(Form::Zip, {{"../../etc/passwd", "read, not unpacked"}}));
  EXPECT_EQ(all_of(path), "read, not unpacked");
}

TEST(Source, a_compressed_file_cut_short_gives_what_it_had) {
  const Folder folder;
  const std::string text = long_text();
  ASSERT_EQ(save(folder / "x.zst", text), "");
  ASSERT_EQ(save(folder / "x.gz", text), "");
  for (const std::string& bytes :
       {file_bytes(folder / "x.zst"), file_bytes(folder / "x.gz"), archive_of(Form::Xz, {{"d", text}}),
        archive_of(Form::Bzip2, {{"d", text}}), archive_of(Form::Zip, {{"d", text}})}) {
    for (const std::size_t at : {bytes.size() - 1, bytes.size() / 2, std::size_t{20}, std::size_t{12}}) {
      write_bytes(folder / "y", bytes.substr(0, at));
      std::string got = all_of(folder / "y");
      // A zip that lacks its directory alone has lost nothing.
      if (got == text && bytes.starts_with("PK")) continue;
      ASSERT_TRUE(got.ends_with('!')) << bytes.substr(0, 2) << " " << at << ": " << got.substr(0, 200);
      got.pop_back();
      EXPECT_TRUE(text.starts_with(got));
    }
  }
}

TEST(Source, broken_compression_is_told_from_a_cut) {
  const Folder folder;
  const std::string text = long_text();
  ASSERT_EQ(save(folder / "x.zst", text), "");
  ASSERT_EQ(save(folder / "x.gz", text), "");
  for (std::string bytes :
       {file_bytes(folder / "x.zst"), file_bytes(folder / "x.gz"), archive_of(Form::Xz, {{"d", text}}),
        archive_of(Form::Bzip2, {{"d", text}}), archive_of(Form::Zip, {{"d", text}})}) {
    for (std::size_t i = 0; i < 40; ++i)
      bytes[bytes.size() / 2 + i] = static_cast<char>(bytes[bytes.size() / 2 + i] ^ 0x5a);
    write_bytes(folder / "y", bytes);
    EXPECT_NE(all_of(folder / "y").find("its compressed data is broken: "), std::string::npos) << bytes.substr(0, 2);
  }
  std::string bytes = file_bytes(folder / "x.zst");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // the checksum
  write_bytes(folder / "y", bytes);
  EXPECT_NE(all_of(folder / "y").find("broken: "), std::string::npos);
}

TEST(Source, what_is_no_readable_file_is_a_clear_trouble) {
  const Folder folder;
  EXPECT_EQ(all_of(folder / "none"),
            "<" + (folder / "none") + ": it cannot be opened: No such file or directory; check the name>");
  EXPECT_EQ(all_of(folder.path()), "<" + folder.path().string() + ": it is a folder; name a file in it>");
  EXPECT_EQ(all_of("/dev/zero"),
            "</dev/zero: it is a device, which may never end; copy what it gives into a file, or pipe it in>");
  EXPECT_NE(all_of((folder / "none") + "/x").find("No such file"), std::string::npos);
  write_bytes(folder / "secret", "x");
  fs::permissions(folder / "secret", fs::perms::none);
  const test::AsNobody nobody;
  if (::geteuid() != 0) {
    EXPECT_EQ(all_of(folder / "secret"),
              "<" + (folder / "secret") + ": it cannot be opened: Permission denied; ask its owner for permission>");
  }
}

TEST(Source, a_file_that_grows_a_thousandfold_is_refused_unless_the_user_raises_the_limit) {
  const Folder folder;
  const std::string zeros(std::size_t{80} << 20, ' ');
  ASSERT_EQ(save(folder / "bomb.zst", zeros), "");
  ASSERT_GT(zeros.size() / fs::file_size(folder / "bomb.zst"), 1000u);
  EXPECT_EQ(all_of(folder / "bomb.zst"),
            "<" + (folder / "bomb.zst") +
                ": it decompresses to more than 1000 times its size; raise the limit if you trust the file>");
  for (const Form form : {Form::Zip, Form::Xz, Form::Bzip2}) {
    const std::string bomb = archive_of(form, {{"log", zeros}});
    ASSERT_GT(zeros.size() / bomb.size(), 1000u);
    write_bytes(folder / "bomb", bomb);
    EXPECT_NE(all_of(folder / "bomb").find("more than 1000 times its size"), std::string::npos);
  }
  ReadLimits more;
  more.max_expansion = 1'000'000;
  EXPECT_EQ(all_of(folder / "bomb.zst", more).size(), zeros.size());
  ReadLimits less;
  less.max_decompressed_bytes = 10'000;
  EXPECT_EQ(
      all_of(folder / "bomb.zst", less),
      "<" + (folder / "bomb.zst") + ": it decompresses to more than 9.8 KiB; raise the limit if you trust the file>");
}

TEST(Source, of_the_first_bytes_alone_ends_there_as_if_it_were_cut) {
  const Folder folder;
  const std::string text = long_text();
  write_bytes(folder / "plain", text);
  ASSERT_EQ(save(folder / "packed.zst", text), "");
  ASSERT_EQ(save(folder / "packed.gz", text), "");
  ReadLimits limits;
  limits.first_bytes = 70'001;
  for (const char* name : {"plain", "packed.zst", "packed.gz"}) {
    EXPECT_TRUE(all_of(folder / name, limits) == text.substr(0, 70'001) + "!") << name;  // it is cut
    const auto source = open_source(folder / name, limits);
    ASSERT_TRUE(source.ok());
    std::string bytes(100'000, ' ');
    while (*(*source)->read(bytes) != 0) continue;
    EXPECT_TRUE((*source)->cut_short()) << name;
    EXPECT_LT((*source)->fraction_read(), 1.0001);
  }
  limits.first_bytes = text.size() + 1;
  EXPECT_TRUE(all_of(folder / "plain", limits) == text);
  limits.first_bytes = 0;
  EXPECT_EQ(all_of(folder / "plain", limits), "!");
}

// Whoever writes while we read cannot keep us reading.
TEST(Source, a_file_ends_where_it_ended_when_it_was_opened) {
  const Folder folder;
  write_bytes(folder / "log", std::string(100'000, 'a'));
  const auto source = open_source(folder / "log");
  ASSERT_TRUE(source.ok());
  std::ofstream writer(folder / "log", std::ios::app);
  std::size_t read = 0;
  char block[1000];
  for (int i = 0; i < 1000; ++i) {
    writer << std::string(2000, 'b') << std::flush;
    const auto got = (*source)->read(block);
    ASSERT_TRUE(got.ok());
    read += *got;
    if (*got == 0) break;
  }
  EXPECT_EQ(read, 100'000u);
}

TEST(Source, standard_input_is_read_as_a_file_is) {
  const Folder folder;
  ASSERT_EQ(save(folder / "x.zst", "through a pipe"), "");
  const std::string bytes = file_bytes(folder / "x.zst");
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  EXPECT_EQ(all_of("-"), "through a pipe");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(ends[0]);
}

TEST(Lines, come_without_their_ends_and_are_counted) {
  const auto source = source_of_text("one\r\n\ntwo\nthree", "t");
  LineReader lines(*source);
  EXPECT_EQ(*lines.peek(5), "one\r\n");
  const struct {
    const char* text;
    std::uint64_t number, offset;
    bool complete;
  } expected[] = {{"one", 1, 0, true}, {"", 2, 5, true}, {"two", 3, 6, true}, {"three", 4, 10, false}};
  for (const auto& [text, number, offset, complete] : expected) {
    std::string_view line;
    ASSERT_TRUE(*lines.next(line));
    EXPECT_EQ(line, text);
    EXPECT_EQ(lines.line_number(), number);
    EXPECT_EQ(lines.line_offset(), offset);
    EXPECT_EQ(lines.last_line_was_complete(), complete);
  }
  std::string_view line;
  EXPECT_FALSE(*lines.next(line));
  EXPECT_FALSE(*lines.next(line));
}

TEST(Lines, may_be_as_long_as_the_limit_and_not_longer) {
  const std::string text = std::string(1'000'000, 'x') + "\n" + std::string(1'000'001, 'y') + "\n";
  const auto source = source_of_text(text, "t");
  LineReader lines(*source, 1'000'000);
  std::string_view line;
  ASSERT_TRUE(*lines.next(line));
  EXPECT_EQ(line.size(), 1'000'000u);
  const auto next = lines.next(line);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(
      next.trouble().text(),
      "t, line 2, byte 1000001: a line is longer than 1000000 bytes; this is hardly a text file; check what it is");
}

TEST(Lines, go_on_where_a_reader_of_chunks_left_off) {
  const auto source = source_of_text("{\n} rest\nlast\n", "t");
  LineReader lines(*source);
  EXPECT_EQ(lines.chunk()->substr(0, 3), "{\n}");
  lines.consume(3);
  std::string_view line;
  ASSERT_TRUE(*lines.next(line));
  EXPECT_EQ(line, " rest");
  EXPECT_EQ(lines.line_number(), 2u);
  EXPECT_EQ(lines.line_offset(), 3u);
  EXPECT_EQ(*lines.chunk(), "last\n");
  lines.consume(5);
  EXPECT_TRUE(lines.chunk()->empty());
}

TEST(AtomicFile, the_old_file_stays_until_the_new_one_is_whole) {
  const Folder folder;
  const std::string path = folder / "x.json";
  ASSERT_EQ(save(path, "old"), "");
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->write(std::string(1 << 20, 'n')).ok());
    EXPECT_EQ(file_bytes(path), "old");
  }  // never committed
  EXPECT_EQ(file_bytes(path), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "a temporary file was left";
  ASSERT_EQ(save(path, "new"), "");
  EXPECT_EQ(file_bytes(path), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, a_full_disk_leaves_the_old_file_whole) {
  const Folder folder;
  for (const char* name : {"x.json", "x.json.zst", "x.json.gz"}) {
    const std::string path = folder / name;
    ASSERT_EQ(save(path, "old"), "");
    const std::string before = file_bytes(path);
    // A limit on the size of files stands for a full disk; in a process of its own, since the limit stays.
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{4096, 4096};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      std::string noise(3 << 20, '\0');
      std::uint32_t state = 1;
      for (auto& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
      const std::string said = save(path, noise);
      ::_exit(said.find("it cannot be written: File too large; make room") != std::string::npos ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << name;
    EXPECT_EQ(file_bytes(path), before);
    fs::remove(path);
    EXPECT_TRUE(fs::is_empty(folder.path())) << "a temporary file was left";
  }
  EXPECT_NE(save("/dev/full", "x")
                .find("/dev/full: it cannot be written: No space left on device; make room, or choose another folder"),
            std::string::npos);
}

TEST(AtomicFile, the_mode_of_the_old_file_is_kept) {
  const Folder folder;
  const std::string path = folder / "x";
  const mode_t umask_before = ::umask(022);
  ASSERT_EQ(save(path, "1"), "");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u);
  ASSERT_EQ(::chmod(path.c_str(), 0606), 0);
  ASSERT_EQ(save(path, "2"), "");
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0606u);
  ::umask(umask_before);
}

TEST(AtomicFile, a_symbolic_link_stays_and_its_target_is_replaced) {
  const Folder folder;
  fs::create_directory(folder / "far");
  ASSERT_EQ(save(folder / "far/target", "old"), "");
  fs::create_symlink("far/target", folder / "near");
  fs::create_symlink("near", folder / "nearer");
  ASSERT_EQ(save(folder / "nearer", "new"), "");
  EXPECT_TRUE(fs::is_symlink(folder / "near"));
  EXPECT_TRUE(fs::is_symlink(folder / "nearer"));
  EXPECT_EQ(file_bytes(folder / "far/target"), "new");
  fs::create_symlink("far/not yet", folder / "dangling");
  ASSERT_EQ(save(folder / "dangling", "made"), "");
  EXPECT_EQ(file_bytes(folder / "far/not yet"), "made");
  fs::create_symlink("circle", folder / "circle");
  EXPECT_NE(save(folder / "circle", "x").find("its symbolic links lead in a circle"), std::string::npos);
}

TEST(AtomicFile, what_cannot_be_saved_says_why) {
  const Folder folder;
  EXPECT_EQ(save(folder.path(), "x"), folder.path().string() + ": it is a folder; name a file in it");
  EXPECT_EQ(
      save(folder / "none/x.json", "x"),
      (folder / "none/x.json") + ": its folder takes no new file: No such file or directory; make the folder first");
  EXPECT_NE(save(folder / "none/", "x").find("it names no file"), std::string::npos);
  if (::geteuid() != 0) {
    ASSERT_EQ(save(folder / "read-only", "x"), "");
    fs::permissions(folder / "read-only", fs::perms::owner_read);
    EXPECT_NE(save(folder / "read-only", "y").find("it may not be written: Permission denied"), std::string::npos);
    EXPECT_EQ(file_bytes(folder / "read-only"), "x");
  }
}

TEST(AtomicFile, a_pipe_is_written_in_place) {
  const Folder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const int reader = ::open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(save(folder / "pipe", "through"), "");
  char bytes[100];
  EXPECT_EQ(::read(reader, bytes, sizeof bytes), 7);
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

TEST(AtomicFile, standard_output_is_written_and_stays_open) {
  const Folder folder;
  const int saved = ::dup(STDOUT_FILENO);
  const int file = ::open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDOUT_FILENO);
  const std::string said = save("-", "to standard output");
  const std::string again = save("-", ", twice");
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(file);
  EXPECT_EQ(said + again, "");
  EXPECT_EQ(file_bytes(folder / "out"), "to standard output, twice");
}

TEST(AtomicFile, compressed_files_are_the_same_bytes_each_time_and_carry_a_checksum) {
  const Folder folder;
  const std::string text = long_text();
  for (const char* ending : {".zst", ".gz"}) {
    ASSERT_EQ(save(folder / ("a" + std::string(ending)), text), "");
    ASSERT_EQ(save(folder / ("b" + std::string(ending)), text), "");
    EXPECT_TRUE(file_bytes(folder / ("a" + std::string(ending))) == file_bytes(folder / ("b" + std::string(ending))));
  }
  const std::string zst = file_bytes(folder / "a.zst");
  EXPECT_NE(zst[4] & 0x04, 0) << "the frame header's checksum flag";
}

TEST(Saving, a_trace_goes_through_every_kind_of_file_unchanged) {
  const Folder folder;
  const Trace trace = test::random_trace(5, 300);
  for (const char* name : {"t.json", "t.jsonl", "t.json.zst", "t.jsonl.zst", "t.json.gz"}) {
    const auto saved = write_json(trace, folder / name);
    ASSERT_TRUE(saved.ok()) << saved.trouble().text();
    auto source = open_source(folder / name);
    ASSERT_TRUE(source.ok());
    const auto read = read_json(**source);
    ASSERT_TRUE(read.ok()) << read.trouble().text();
    EXPECT_EQ(difference(trace, *read), "") << name;
    EXPECT_EQ(all_of(folder / name), to_json_text(trace, spelling_for(name)));
  }
}

TEST(Saving, can_be_cancelled_and_leaves_nothing) {
  const Folder folder;
  Progress progress;
  progress.cancelled = [] { return true; };
  const auto saved = write_json(test::random_trace(5, 300), folder / "t.json", progress);
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.trouble().text(), (folder / "t.json") + ": saving was cancelled");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace allocviz::trace
