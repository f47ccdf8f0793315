#include "core/cli/commands.h"

int main(int argc, char** argv) {
  return allocviz::cli::run(argc, argv);
}
