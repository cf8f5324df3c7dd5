// SPDX-License-Identifier: MIT
// expect: (call to consteval function .*task_name|.text. is not usable in a constant expression)
// A task's name is not copied, so text that may go before the task does not compile.

#include <beat.hpp>
#include <string>

int main() {
  beat::ThreadPool pool;
  std::string const text = "decode";
#if defined(FIXED)
  pool.post([] {}, {.name = "decode"});
#else
  pool.post([] {}, {.name = text.c_str()});
#endif
}
