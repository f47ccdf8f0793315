// A static program: nothing can be loaded before its allocator.
int main() {
  return 0;
}
