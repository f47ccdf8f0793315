#include "viz/platform/fonts.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "viz/panels/ui.h"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#include <stb/stb_truetype.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace allocviz::platform {
namespace {

// Ranges must outlive the atlas: they are constants. Ids and file names in logs are people's own words, so the faces
// know Latin, Greek and Cyrillic beside the signs that the panels print.
constexpr ImWchar kRanges[] = {0x20,   0x17f,  0x370,  0x3ff,  0x400,  0x45f,  0x2010, 0x2027, 0x202f,
                               0x203a, 0x20ac, 0x20ac, 0x2190, 0x2195, 0x21d2, 0x21d2, 0x2212, 0x2212,
                               0x2260, 0x2265, 0x25a0, 0x25cf, 0x2691, 0x2691, 0x2713, 0x2718, 0};
// What the panels print beyond ASCII.
constexpr ImWchar kNeeded[] = {0x2192, 0x2190, 0x2191, 0x2193, 0x2265, 0x2264, 0x2260, 0xd7,   0xb7,   0x2026, 0x2212,
                               0x2013, 0x2014, 0x2022, 0x25cf, 0x25cb, 0x2715, 0x2713, 0x25be, 0x25b8, 0x2691};

struct Face {
  float size;  // in body sizes
  const std::string FontNames::*file;
};
// In the order of ui::Font.
constexpr std::array<Face, ui::kFonts> kFaces = {{{1.0f, &FontNames::body},
                                                  {1.0f, &FontNames::bold},
                                                  {1.375f, &FontNames::bold},
                                                  {0.875f, &FontNames::body},
                                                  {1.0625f, &FontNames::mono},
                                                  {0.9375f, &FontNames::mono},
                                                  {0.875f, &FontNames::bold}}};

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// Whether a TrueType or OpenType file is all there: a directory of tables, and every table inside the file. The reader
// below takes that for granted.
bool has_its_tables(std::string_view bytes) {
  if (bytes.size() < 12) return false;
  const std::string_view magic = bytes.substr(0, 4);
  if (magic != std::string_view("\0\1\0\0", 4) && magic != "OTTO" && magic != "true") return false;
  const std::size_t tables = big_endian(bytes, 4, 2);
  if (bytes.size() < 12 + 16 * tables) return false;
  for (std::size_t i = 0; i < tables; ++i) {
    const std::uint64_t offset = big_endian(bytes, 12 + 16 * i + 8, 4), length = big_endian(bytes, 12 + 16 * i + 12, 4);
    if (offset + length > bytes.size()) return false;
  }
  return true;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream read;
  read << file.rdbuf();
  return std::move(read).str();
}

// Asks the reader that ImGui reads fonts with, for ImGui aborts on what that refuses.
bool is_font(const std::string& path) {
  const std::string bytes = bytes_of(path);
  if (!has_its_tables(bytes)) return false;
  stbtt_fontinfo info;
  return stbtt_InitFont(&info, reinterpret_cast<const unsigned char*>(bytes.data()), 0) != 0;
}

std::string first_of(const FontFolders& where, std::initializer_list<const char*> files) {
  for (const char* file : files) {
    for (const std::string& folder : where.folders) {
      std::string path = folder + "/" + file;
      if (is_font(path)) return path;
    }
  }
  return {};
}

bool has_glyph(ImFont* font, ImWchar glyph) {
#if IMGUI_VERSION_NUM >= 19200
  return font->IsGlyphInFont(glyph);
#else
  return font->FindGlyphNoFallback(glyph) != nullptr;
#endif
}

ImFont* add_face(const Face& face, const FontNames& names, float size_px) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontConfig config;
  config.SizePixels = size_px;
  config.OversampleH = 2;
  config.OversampleV = 1;
  config.PixelSnapH = true;
  const std::string& file = names.*face.file;
  if (file.empty()) return atlas.AddFontDefault(&config);
  ImFont* font = atlas.AddFontFromFileTTF(file.c_str(), size_px, &config, kRanges);
  if (!names.symbols.empty() && names.symbols != file) {
    config.MergeMode = true;  // fills in the signs that the face itself lacks
    atlas.AddFontFromFileTTF(names.symbols.c_str(), size_px, &config, kRanges);
  }
  return font;
}

}  // namespace

FontFolders default_font_folders() {
  FontFolders where;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0') {
    where.folders.push_back(std::string{data} + "/fonts");
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    where.folders.push_back(std::string{home} + "/.local/share/fonts");
  }
  where.folders.insert(where.folders.end(), {"/usr/local/share/fonts", "/usr/share/fonts"});
  return where;
}

// Debian and Ubuntu, then Fedora, then Arch.
FontNames find_fonts(const FontFolders& where) {
  FontNames names;
  names.symbols = first_of(where, {"truetype/dejavu/DejaVuSans.ttf", "dejavu-sans-fonts/DejaVuSans.ttf",
                                   "TTF/DejaVuSans.ttf", "DejaVuSans.ttf"});
  names.body = first_of(where, {"opentype/inter/Inter-Regular.otf", "truetype/inter/Inter-Regular.ttf",
                                "rsms-inter-fonts/Inter-Regular.otf", "inter/Inter-Regular.otf", "Inter-Regular.otf"});
  names.bold =
      first_of(where, {"opentype/inter/Inter-SemiBold.otf", "truetype/inter/Inter-SemiBold.ttf",
                       "rsms-inter-fonts/Inter-SemiBold.otf", "inter/Inter-SemiBold.otf", "Inter-SemiBold.otf"});
  names.mono = first_of(
      where, {"truetype/jetbrains-mono/JetBrainsMono-Regular.ttf", "jetbrains-mono-fonts/JetBrainsMono-Regular.otf",
              "TTF/JetBrainsMono-Regular.ttf", "JetBrainsMono-Regular.ttf", "truetype/dejavu/DejaVuSansMono.ttf",
              "dejavu-sans-mono-fonts/DejaVuSansMono.ttf", "TTF/DejaVuSansMono.ttf", "DejaVuSansMono.ttf"});
  if (names.body.empty()) {
    names.body = names.symbols;
    names.bold = first_of(where, {"truetype/dejavu/DejaVuSans-Bold.ttf", "dejavu-sans-fonts/DejaVuSans-Bold.ttf",
                                  "TTF/DejaVuSans-Bold.ttf", "DejaVuSans-Bold.ttf"});
  }
  if (names.bold.empty()) names.bold = names.body;
  if (names.mono.empty()) names.mono = names.body;  // columns then line up less well, but every sign is there
  return names;
}

namespace {

// False when one of the files is no font after all.
bool try_fonts(const FontNames& names, float scale) {
  ImGui::GetIO().Fonts->Clear();
  ui::Fonts& fonts = ui::fonts();
  fonts = {};
  for (std::size_t i = 0; i < kFaces.size(); ++i) {
    fonts.size_px[i] = std::max(6.0f, std::round(kBodyPx * kFaces[i].size * scale));
    fonts.of[i] = add_face(kFaces[i], names, fonts.size_px[i]);
    if (fonts.of[i] == nullptr) return false;
  }
#if IMGUI_VERSION_NUM < 19200
  return ImGui::GetIO().Fonts->Build();
#else
  return true;
#endif
}

}  // namespace

FaceShape shape_of_face(const std::string& path) {
  FaceShape shape;
  const std::string bytes = bytes_of(path);
  stbtt_fontinfo info;
  if (!has_its_tables(bytes) || stbtt_InitFont(&info, reinterpret_cast<const unsigned char*>(bytes.data()), 0) == 0)
    return shape;
  int ascent = 0, descent = 0, gap = 0;
  stbtt_GetFontVMetrics(&info, &ascent, &descent, &gap);
  const auto line = static_cast<float>(ascent - descent);
  if (line > 0) {
    shape.em = 1 / (stbtt_ScaleForMappingEmToPixels(&info, 1) * line);
    shape.ascent = static_cast<float>(ascent) / line;
  }
  constexpr int kFamily = 1, kTypographicFamily = 16, kEnglish = 0x409;
  for (const int name : {kTypographicFamily, kFamily}) {
    int length = 0;
    const char* const text =
        stbtt_GetFontNameString(&info, &length, STBTT_PLATFORM_ID_MICROSOFT, STBTT_MS_EID_UNICODE_BMP, kEnglish, name);
    if (text == nullptr) continue;
    for (int i = 0; i + 1 < length; i += 2) {  // big-endian UTF-16, of which a family's name needs ASCII
      const char c = text[i + 1];
      const bool plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '-';
      if (text[i] == 0 && plain) shape.family += c;
    }
    if (!shape.family.empty()) break;
  }
  return shape;
}

FontNames load_fonts(const FontFolders& where, float scale) {
  FontNames names = find_fonts(where);
  if (!try_fonts(names, scale)) {
    names = {};
    try_fonts(names, scale);
  }
  ui::Fonts& fonts = ui::fonts();
  fonts.has_symbols = std::all_of(std::begin(fonts.of), std::end(fonts.of), [](ImFont* font) {
    return std::all_of(std::begin(kNeeded), std::end(kNeeded), [font](ImWchar sign) { return has_glyph(font, sign); });
  });
  return names;
}

}  // namespace allocviz::platform
