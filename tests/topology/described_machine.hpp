#pragma once
// SPDX-License-Identifier: MIT
// The files of /sys and /proc that describe a machine, written below a temporary folder which takes the place of "/".

#include <beat/topology/limits.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

class described_machine {
 public:
  described_machine() {
    std::random_device seed;
    do {
      root_ = std::filesystem::temp_directory_path() / ("beat-machine-" + std::to_string(seed()));
    } while (!std::filesystem::create_directory(root_));
  }
  ~described_machine() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  described_machine(described_machine const&) = delete;
  described_machine& operator=(described_machine const&) = delete;

  [[nodiscard]] std::filesystem::path const& root() const { return root_; }

  // `path` is relative to the root, as "proc/self/cgroup".
  void write(std::string const& path, std::string_view text) {
    std::filesystem::path const file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out{file, std::ios::binary};
    out << text;
    out.close();
    if (!out) {
      throw std::runtime_error{"could not write the fixture " + file.string()};
    }
  }

  void make_folder(std::string const& path) { std::filesystem::create_directories(root_ / path); }

  void remove(std::string const& path) { std::filesystem::remove_all(root_ / path); }

  void online(std::string const& cpus) { write("sys/devices/system/cpu/online", cpus + "\n"); }

  void cpu(unsigned index, int package, int core) {
    std::string const folder = "sys/devices/system/cpu/cpu" + std::to_string(index) + "/topology/";
    write(folder + "physical_package_id", std::to_string(package) + "\n");
    write(folder + "core_id", std::to_string(core) + "\n");
  }

  void node(unsigned index, std::string const& cpus) {
    write("sys/devices/system/node/node" + std::to_string(index) + "/cpulist", cpus + "\n");
  }

  // What read_limits says to a process that may use eight of the machine's eight CPUs.
  [[nodiscard]] beat::cpu_limits limits_with_8_cpus() {
    online("0-7");
    return beat::read_limits({root_, beat::cpu_set::first_cpus(8)});
  }

 private:
  std::filesystem::path root_;
};
