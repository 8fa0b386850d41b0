#include "balancing/steering.h"

#include <cstddef>
#include <initializer_list>

#include "balancing/policies.h"

namespace forkscope::balancing {

namespace {

using Program = std::vector<sock_filter>;

// Offsets as the kernel wants them: from the start of the network header, and of what is no part of
// the packet.
constexpr auto kNet = static_cast<std::uint32_t>(SKF_NET_OFF);
constexpr auto kRandom = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM);

// Where things are in a packet: RFC 791, section 3.1; RFC 8200, section 3.
constexpr std::uint32_t kSource4 = 12;
constexpr std::uint32_t kDestination4 = 16;
constexpr std::uint32_t kSource6 = 8;
constexpr std::uint32_t kDestination6 = 24;
constexpr std::uint32_t kHeader6 = 40;

constexpr std::uint32_t kPorts = 0;  // of the program's memory
constexpr std::uint32_t kSource = 1;

sock_filter statement(int code, std::uint32_t k = 0) {
  return {static_cast<std::uint16_t>(code), 0, 0, k};
}

void append(Program& program, std::initializer_list<sock_filter> instructions) {
  program.insert(program.end(), instructions);
}

/// A ^= A >> bits.
void fold(Program& program, std::uint32_t bits) {
  append(program, {statement(BPF_MISC | BPF_TAX), statement(BPF_ALU | BPF_RSH | BPF_K, bits),
                   statement(BPF_ALU | BPF_XOR | BPF_X)});
}

/// A = the four words of an IPv6 address at that offset, as one.
void load_address6(Program& program, std::uint32_t offset) {
  program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, kNet + offset));
  for (std::uint32_t word = 1; word < 4; ++word) {
    append(program, {statement(BPF_MISC | BPF_TAX),
                     statement(BPF_LD | BPF_W | BPF_ABS, kNet + offset + 4 * word),
                     statement(BPF_ALU | BPF_XOR | BPF_X)});
  }
}

/// Both ports and the source into memory; A = the destination.
Program load4() {
  Program program;
  append(program, {statement(BPF_LDX | BPF_B | BPF_MSH, kNet),  // X = bytes of the header
                   statement(BPF_LD | BPF_W | BPF_IND, kNet), statement(BPF_ST, kPorts),
                   statement(BPF_LD | BPF_W | BPF_ABS, kNet + kSource4), statement(BPF_ST, kSource),
                   statement(BPF_LD | BPF_W | BPF_ABS, kNet + kDestination4)});
  return program;
}

Program load6() {
  Program program;
  append(program,
         {statement(BPF_LD | BPF_W | BPF_ABS, kNet + kHeader6), statement(BPF_ST, kPorts)});
  load_address6(program, kSource6);
  program.push_back(statement(BPF_ST, kSource));
  load_address6(program, kDestination6);
  return program;
}

/// A = a hash of addresses and ports, of either family: a socket of `::` gets both. The kernel's
/// own hash of the packet (SKF_AD_RXHASH) is not always one of these.
Program load_hash(std::uint32_t seed) {
  const Program four = load4();
  const Program six = load6();
  Program program;
  append(program, {statement(BPF_LD | BPF_B | BPF_ABS, kNet),
                   statement(BPF_ALU | BPF_RSH | BPF_K, 4),
                   {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<std::uint8_t>(six.size() + 1), 6}});
  program.insert(program.end(), six.begin(), six.end());
  program.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(four.size())));
  program.insert(program.end(), four.begin(), four.end());
  // The steps of MurmurHash3 (Appleby, 2011), to which it matters little what is put in.
  append(program,
         {statement(BPF_ALU | BPF_XOR | BPF_K, seed),
          statement(BPF_ALU | BPF_MUL | BPF_K, 0xCC9E'2D51), statement(BPF_LDX | BPF_MEM, kSource),
          statement(BPF_ALU | BPF_XOR | BPF_X), statement(BPF_ALU | BPF_MUL | BPF_K, 0x1B87'3593)});
  fold(program, 15);
  append(program, {statement(BPF_LDX | BPF_MEM, kPorts), statement(BPF_ALU | BPF_XOR | BPF_X)});
  fold(program, 16);
  program.push_back(statement(BPF_ALU | BPF_MUL | BPF_K, 0x85EB'CA6B));
  fold(program, 13);
  program.push_back(statement(BPF_ALU | BPF_MUL | BPF_K, 0xC2B2'AE35));
  fold(program, 16);
  return program;
}

}  // namespace

std::vector<sock_filter> steering_program(telemetry::BalancePolicy policy,
                                          std::span<const std::uint32_t> members,
                                          std::uint32_t seed) {
  if (!has_queues(policy) || members.empty()) return {statement(BPF_RET | BPF_K, 0)};
  Program program = policy == telemetry::BalancePolicy::random
                        ? Program{statement(BPF_LD | BPF_W | BPF_ABS, kRandom)}
                        : load_hash(seed);
  append(program, {statement(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(members.size())),
                   statement(BPF_ALU | BPF_ADD | BPF_K, 1)});
  // From the how manieth member it is to its socket: one further for each slot left out before it.
  std::uint32_t slot = 0;
  for (const std::uint32_t member : members) {
    for (; slot < member; ++slot) {
      append(program, {{BPF_JMP | BPF_JGE | BPF_K, 0, 1, slot + 1},
                       statement(BPF_ALU | BPF_ADD | BPF_K, 1)});
    }
    slot = member + 1;
  }
  program.push_back(statement(BPF_RET | BPF_A));
  return program;
}

}  // namespace forkscope::balancing
