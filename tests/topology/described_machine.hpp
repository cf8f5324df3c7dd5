#pragma once
// SPDX-License-Identifier: MIT
// The files of /sys and /proc that describe a machine, written below a temporary folder which takes the place of "/".

#include <algorithm>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/limits.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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
  /// Whoever reads it meanwhile finds all of the old text, or all of the new one.
  void write(std::string const& path, std::string_view text) {
    std::filesystem::path const file = root_ / path;
    std::filesystem::path const fresh = file.string() + ".fresh";
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out{fresh, std::ios::binary};
    out << text;
    out.close();
    if (!out) {
      throw std::runtime_error{"could not write the fixture " + file.string()};
    }
    std::filesystem::rename(fresh, file);
  }

  void make_folder(std::string const& path) { std::filesystem::create_directories(root_ / path); }

  void remove(std::string const& path) { std::filesystem::remove_all(root_ / path); }

  void online(std::string const& cpus) { write("sys/devices/system/cpu/online", cpus + "\n"); }

  void cpu(unsigned index, int package, int core) {
    std::string const folder = cpu_folder(index) + "topology/";
    write(folder + "physical_package_id", std::to_string(package) + "\n");
    write(folder + "core_id", std::to_string(core) + "\n");
  }

  // A core with these CPUs.
  void core(int package, int core, beat::cpu_set const& cpus) {
    for (unsigned const index : cpus) {
      cpu(index, package, core);
      write(cpu_folder(index) + "topology/core_cpus", mask(cpus));
    }
  }

  // The package with these CPUs, of which only hwloc wants to know this.
  void package(beat::cpu_set const& cpus) {
    for (unsigned const index : cpus) {
      write(cpu_folder(index) + "topology/package_cpus", mask(cpus));
    }
  }

  // A cache that these CPUs share, as the last of three that each has.
  void l3(beat::cpu_set const& cpus, std::string const& size) {
    for (unsigned const index : cpus) {
      cache(index, 0, 1, {index}, "32K");
      cache(index, 1, 2, {index}, "512K");
      cache(index, 2, 3, cpus, size);
    }
  }

  void cache(unsigned cpu, unsigned index, unsigned level, beat::cpu_set const& sharing, std::string const& size) {
    std::string const folder = cpu_folder(cpu) + "cache/index" + std::to_string(index) + "/";
    write(folder + "level", std::to_string(level) + "\n");
    write(folder + "type", level == 1 ? "Data\n" : "Unified\n");
    write(folder + "shared_cpu_list", to_string(sharing) + "\n");
    write(folder + "shared_cpu_map", mask(sharing));
    write(folder + "size", size + "\n");
  }

  void node(unsigned index, std::string const& cpus) { write(node_folder(index) + "cpulist", cpus + "\n"); }

  void node(unsigned index, std::string const& cpus, std::string const& distances, std::uint64_t memory_kib) {
    node(index, cpus);
    write(node_folder(index) + "cpumap", mask(*beat::cpu_set::parse(cpus)));
    write(node_folder(index) + "distance", distances + "\n");
    std::string const name = "Node " + std::to_string(index) + " ";
    write(node_folder(index) + "meminfo",
          name + "MemTotal:       " + std::to_string(memory_kib) + " kB\n" + name + "MemFree:        4711 kB\n");
  }

  static std::string cpu_folder(unsigned index) { return "sys/devices/system/cpu/cpu" + std::to_string(index) + "/"; }
  static std::string node_folder(unsigned index) {
    return "sys/devices/system/node/node" + std::to_string(index) + "/";
  }

  // What read_limits says to a process that may use eight of the machine's eight CPUs.
  [[nodiscard]] beat::cpu_limits limits_with_8_cpus() {
    online("0-7");
    return beat::read_limits({root_, beat::cpu_set::first_cpus(8)});
  }

 private:
  // The kernel's other format: words of 32 bits in hexadecimal, the highest first.
  static std::string mask(beat::cpu_set const& cpus) {
    constexpr unsigned bits = 32;
    std::vector<std::uint32_t> words(1);
    for (unsigned const cpu : cpus) {
      words.resize(std::max<std::size_t>(words.size(), cpu / bits + 1));
      words[cpu / bits] |= std::uint32_t{1} << cpu % bits;
    }
    std::string text;
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
      char digits[9];
      std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(*word));
      text += (text.empty() ? "" : ",") + std::string{digits};
    }
    return text + "\n";
  }

  std::filesystem::path root_;
};
