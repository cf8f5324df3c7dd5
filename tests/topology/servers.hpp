#pragma once
// SPDX-License-Identifier: MIT
// Real machines, written down from what their makers and owners have published (lscpu, numactl --hardware, lstopo).

#include "topology/described_machine.hpp"

#include <beat/topology/cpu_set.hpp>
#include <string>
#include <utility>
#include <vector>

// Two Xeon Gold 6248 (Cascade Lake, 20 cores) with sub-NUMA clustering: the nodes of a socket take turns in an
// irregular way, and share its L3.
inline void describe_xeon_with_snc(described_machine& machine) {
  machine.online("0-79");
  for (unsigned package = 0; package < 2; ++package) {
    beat::cpu_set cpus;
    for (unsigned core = 0; core < 20; ++core) {
      unsigned const cpu = package * 20 + core;
      machine.core(static_cast<int>(package), static_cast<int>(core), {cpu, cpu + 40});
      cpus |= {cpu, cpu + 40};
    }
    machine.package(cpus);
    machine.l3(cpus, "28160K");
  }
  machine.write("sys/devices/system/node/online", "0-3\n");
  machine.node(0, "0-2,5-6,10-12,15-16,40-42,45-46,50-52,55-56", "10 11 21 21", 97518000);
  machine.node(1, "3-4,7-9,13-14,17-19,43-44,47-49,53-54,57-59", "11 10 21 21", 99056000);
  machine.node(2, "20-22,25-26,30-32,35-36,60-62,65-66,70-72,75-76", "21 21 10 11", 99056000);
  machine.node(3, "23-24,27-29,33-34,37-39,63-64,67-69,73-74,77-79", "21 21 11 10", 99052000);
}

// Two EPYC 7742 (Rome, 64 cores) with four nodes a socket: an L3 for every four cores, and 256 CPUs.
inline void describe_epyc_with_four_nodes_a_socket(described_machine& machine) {
  machine.online("0-255");
  beat::cpu_set packages[2];
  for (unsigned core = 0; core < 128; ++core) {
    machine.core(static_cast<int>(core / 64), static_cast<int>(core % 64), {core, core + 128});
    packages[core / 64] |= {core, core + 128};
  }
  machine.package(packages[0]);
  machine.package(packages[1]);
  for (unsigned core = 0; core < 128; core += 4) {
    machine.l3({core, core + 1, core + 2, core + 3, core + 128, core + 129, core + 130, core + 131}, "16384K");
  }
  machine.write("sys/devices/system/node/online", "0-7\n");
  for (unsigned node = 0; node < 8; ++node) {
    std::string distances;
    for (unsigned other = 0; other < 8; ++other) {
      distances += (other == 0 ? "" : " ") + std::string{other == node ? "10" : other / 4 == node / 4 ? "12" : "32"};
    }
    std::string const first = std::to_string(16 * node) + "-" + std::to_string(16 * node + 15);
    std::string const second = std::to_string(16 * node + 128) + "-" + std::to_string(16 * node + 143);
    machine.node(node, first + "," + second, distances, 65000000);
  }
}

// A laptop's Core i7-12700H (Alder Lake): six fast cores with two CPUs each, eight slow ones with one.
inline void describe_hybrid_laptop(described_machine& machine) {
  machine.online("0-19");
  for (unsigned core = 0; core < 6; ++core) {
    machine.core(0, static_cast<int>(4 * core), {2 * core, 2 * core + 1});
  }
  for (unsigned core = 0; core < 8; ++core) {
    machine.core(0, static_cast<int>(24 + core), {12 + core});
  }
  beat::cpu_set const all = beat::cpu_set::first_cpus(20);
  machine.package(all);
  machine.l3(all, "24576K");
  machine.write("sys/devices/cpu_core/cpus", "0-11\n");
  machine.write("sys/devices/cpu_atom/cpus", "12-19\n");
  for (unsigned const cpu : all) {
    machine.write(described_machine::cpu_folder(cpu) + "cpu_capacity", "1024\n");  // newer kernels, while SMT is on
    // Two of the fast cores are favoured, which makes them no kind of their own.
    machine.write(described_machine::cpu_folder(cpu) + "cpufreq/cpuinfo_max_freq", cpu < 4    ? "4700000\n"
                                                                                   : cpu < 12 ? "4600000\n"
                                                                                              : "3500000\n");
  }
  machine.write("sys/devices/system/node/online", "0\n");
  machine.node(0, "0-19", "10", 16100000);
}

// A board with a Rockchip RK3399: four Cortex-A53, two Cortex-A72, no L3 and no NUMA. Its kernel takes each cluster for
// a package.
inline void describe_big_little_board(described_machine& machine) {
  machine.online("0-5");
  for (unsigned const cpu : beat::cpu_set::first_cpus(6)) {
    bool const big = cpu >= 4;
    machine.core(big ? 1 : 0, static_cast<int>(big ? cpu - 4 : cpu), {cpu});
    machine.cache(cpu, 0, 1, {cpu}, big ? "48K" : "32K");
    machine.cache(cpu, 1, 2, big ? beat::cpu_set{4, 5} : beat::cpu_set{0, 1, 2, 3}, big ? "1024K" : "512K");
    machine.write(described_machine::cpu_folder(cpu) + "cpu_capacity", big ? "1024\n" : "485\n");
  }
  machine.package({0, 1, 2, 3});
  machine.package({4, 5});
  machine.write("proc/meminfo", "MemTotal:        3915000 kB\nMemFree:         1000000 kB\n");
}
