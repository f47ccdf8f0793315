// The typefaces: Inter and JetBrains Mono where they are installed, else DejaVu, else ImGui's own bitmap font, with
// ASCII stand-ins for the signs that one lacks.
#pragma once

#include <string>
#include <vector>

namespace allocviz::platform {

inline constexpr float kBodyPx = 16;  // ascent and descent together, at scale 1: an em of about 13 px

// Where fonts are looked for. The defaults are the system's and the user's folders.
struct FontFolders {
  std::vector<std::string> folders;
};
[[nodiscard]] FontFolders default_font_folders();

struct FontNames {  // which files were taken; empty = ImGui's own
  std::string body, bold, mono, symbols;
};
// Which files load_fonts() would take. A file that is missing, empty or no font at all is passed by.
[[nodiscard]] FontNames find_fonts(const FontFolders& where);

// What another program needs to set the same words: the face's family, and, of the height of a line (ascent and descent
// together), which part its em and its ascent are. Of a file that is no font those of most.
struct FaceShape {
  std::string family;
  float em = 0.86f, ascent = 0.8f;
};
[[nodiscard]] FaceShape shape_of_face(const std::string& path);

// Replaces all fonts of the current ImGui context by these at `scale` (monitor and user together) and fills
// ui::fonts(). Not inside a frame. The renderer has to be told when ImGui's atlas is a texture of its own
// (before 1.92).
FontNames load_fonts(const FontFolders& where, float scale);

}  // namespace allocviz::platform
