// A picture of an allocator as plain data: what every layout here produces and one painter (viz/panels) paints.
// Rectangles are in whole window pixels; colours are meanings, the theme gives them their colour.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/replay/census.h"
#include "viz/draw/geometry.h"
#include "viz/draw/style.h"

namespace allocviz::draw {

enum class Look : std::uint8_t { Live, Waste, Free, Fresh, Split, Gap, InFlight, Dead, Padding };
inline constexpr int kLooks = 9;

struct Box {
  Rect rect;
  Look look = Look::Free;
  std::uint64_t offset = 0, size = 0;
  float solid_x = 0;     // Live: the requested bytes end here, the rest up to rect.x1 is rounding waste
  bool touched = false;  // by the step at the cursor
  bool selected = false;
  bool related = false;  // the buddy of what is selected
  bool next = false;     // slab: the head of the free list, handed out next
  Color tint = 0;        // Live: instead of the state's own colour; 0 = none
  bool from_before = false,
       goes_on = false;  // a piece of a block that spans rows: open where its neighbour row has more
  bool several = false;  // in a legend: how a column is painted that stands for several blocks
  bool moves = false;    // it came into being just now, out of `from`
  Rect from;
};

enum class Tone : std::uint8_t {
  Text,
  Dim,
  Faint,
  OnLive,
  OnDark,   // on a tint, whatever the theme
  OnLight,  // the same
  Touched,
  Failed,
  Relation,
  Live,
  Waste,
  Dead
};
enum class Align : std::uint8_t { Left, Center, Right };

struct Label {
  Rect rect;  // clipped to it, centred in its height
  std::string text;
  Tone tone = Tone::Text;
  Type type = Type::Small;
  Align align = Align::Left;
  int box = -1;           // the box it stands on and moves with; -1 = it stays
  bool grounded = false;  // over a hatch or an arrow: on a small ground of its box's colour
  bool underlined = false;
  bool struck = false;  // through its middle: it is no longer there
};

enum class LinkKind : std::uint8_t {
  Halves,    // a parent and one of its halves: an S curve
  Next,      // from a free block to the next on its list: an arrow
  Relation,  // to the buddy, or to what was refused: dashed
  Arc,       // the mark moved: a bow below
  Line,      // plain, upright or level
};
struct Link {
  Point from, to;
  LinkKind kind = LinkKind::Halves;
  Tone tone = Tone::Faint;
  std::vector<Point> corners = {};  // Next: it goes by these, round each of them; none = in one bow
};

// One entry of a free list as drawn; a click on it selects its block.
struct Chip {
  Rect rect;
  std::string text;
  std::uint64_t offset = 0;
  bool touched = false;
  bool outlined = true;  // false where rows are too thin for a pill
};

// A pixel column of a row: which part of its bytes is in which state, and how many blocks too narrow to be drawn as
// boxes begin in it. Only columns that such a block touches are painted; the shares are exact everywhere.
struct Column {
  float share[kLooks] = {};
  std::uint32_t hidden = 0;
  bool painted = false;
  Color tint = 0;        // of the live block with the most bytes here; 0 = the state's own colour
  float tint_share = 0;  // how much of the column that block is
};

// A row of columns and where its pixels go: rect.width() columns from `first_column` on.
struct Band {
  Rect rect;
  std::size_t first_column = 0;
};

struct Picture {  // texture content: one row of pixels after the other
  int width = 0, height = 0;
  std::vector<Color> pixels;
};

struct Scene {
  std::vector<Box> boxes;
  std::vector<Label> labels;
  std::vector<Link> links;
  std::vector<Chip> chips;
  std::vector<Box> pins;    // marks on blocks too narrow for a box
  std::vector<Box> legend;  // swatches; their words are labels
  std::vector<Band> bands;
  std::vector<Column> columns;
  bool hides = false;  // some column has blocks behind it that are too narrow to draw
};

// What to call the block that event `born` made: its id. Asked only for boxes wide enough for a label.
using NameOf = std::function<std::string(std::uint64_t born)>;
// The colour of a live block where the map is coloured by something else than the state; 0 = the state's own.
using TintOf = std::function<Color(const replay::Block& block)>;

}  // namespace allocviz::draw
