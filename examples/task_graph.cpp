// SPDX-License-Identifier: MIT
// task_graph: how a document is built. Steps wait for others, a check leads back until it is content, and one step is a
// graph of its own.

#include <beat.hpp>

#include <iostream>
#include <string>

int main() {
  beat::ThreadPool pool;
  std::string text, index, style;
  int drafts = 0;

  beat::graph layout{"layout"};
  auto [fonts, pages] = layout.add([&] { style = "serif"; }, [&] { style += ", two columns"; });
  fonts.name("fonts").before(pages.name("pages"));

  beat::graph book{"book"};
  auto const begin = book.add([] {}).name("begin");
  auto const write = book.add([&] { text = "draft " + std::to_string(++drafts); }).name("write");
  auto const check = book.add_condition([&] { return drafts < 3 ? 0 : 1; }).name("good enough?");
  auto const make_index = book.add([&] { index = "index of " + text; }).name("index");
  auto const set = book.add(std::move(layout));
  auto const print = book.add([&] { std::cout << text << ", " << index << ", " << style << '\n'; }).name("print");

  begin.before(write, set);
  check.after(write).before(write, make_index);  // 0: once more; 1: go on
  print.after(make_index, set);

  book.run(pool);
  drafts = 1;
  book.run(pool);  // again, and nothing is allocated
  std::cout << book.to_dot();

  // A mistake is an error that names the path.
  beat::graph wrong;
  auto const a = wrong.add([] {}).name("a");
  auto const b = wrong.add([] {}).name("b");
  a.before(b).after(b);
  try {
    wrong.run(pool);
  } catch (beat::error const& e) {
    std::cout << e.what() << '\n';
    return drafts == 3 ? 0 : 1;
  }
  return 1;
}
