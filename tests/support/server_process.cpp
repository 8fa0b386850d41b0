#include "support/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "support/wait_until.h"

namespace forkscope::support {

namespace {

// A sanitized server starts in well under a second; a machine with other work needs longer.
constexpr std::chrono::seconds kStartTimeout{30};
constexpr std::chrono::seconds kControlTimeout{5};

/// A socket that is bound to the port and does not listen, or none where somebody has the port.
/// Without SO_REUSEADDR at first nobody else can have it, not even another reservation; with it
/// afterwards a server can listen beside it (socket(7)).
os::UniqueFd reserve(std::uint16_t port) {
  os::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    socket.reset();
  }
  return socket;
}

/// Null-terminated, as execve wants it. The strings must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// This process's environment without what would change the server's defaults, and with `more`.
std::vector<std::string> server_environment(const std::filesystem::path& directory,
                                            const std::vector<std::string>& more) {
  static const std::set<std::string, std::less<>> replaced = {
      "XDG_RUNTIME_DIR", "FORKSCOPE_RUNTIME_DIR", "PORT", "WEB_CONCURRENCY", "ASAN_OPTIONS"};
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!replaced.contains(text.substr(0, text.find('=')))) environment.emplace_back(text);
  }
  environment.push_back("XDG_RUNTIME_DIR=" + directory.string());
  // A worker that is made to crash must die of the signal, as it does without a sanitizer; and a
  // library may be preloaded (faulty_disk.h).
  environment.emplace_back(
      "ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_abort=0:verify_asan_link_order=0:"
      "disable_coredump=0");
  environment.insert(environment.end(), more.begin(), more.end());
  return environment;
}

}  // namespace

std::uint16_t free_port() {
  constexpr int kFirst = 10000;
  constexpr int kCount = 20000;
  static int next = ::getpid() * 7;
  static std::vector<os::UniqueFd> reserved;
  for (int tries = 0; tries < kCount; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirst + next++ % kCount);
    if (os::UniqueFd socket = reserve(port)) {
      reserved.push_back(std::move(socket));
      return port;
    }
  }
  throw std::runtime_error("no free port");
}

std::vector<std::string> with_ulimit(const std::string& limit) {
  return {"/bin/bash", "-c", "ulimit " + limit + R"(; exec "$0" "$@")"};
}

ServerProcess::ServerProcess(ServerOptions options, Readiness readiness)
    : directory_(options.directory.value_or(own_directory_.path())),
      port_(options.port ? *options.port : free_port()) {
  start(options);
  if (readiness == Readiness::kIgnore) return;
  try {
    wait_until_ready(options.workers);
  } catch (...) {
    kill_all();
    throw;
  }
}

ServerProcess::~ServerProcess() {
  kill_all();
  if (::testing::Test::HasFailure() || std::uncaught_exceptions() > 0) {
    std::cerr << "todos-server's log:\n" << log();
  }
}

void ServerProcess::start(const ServerOptions& options) {
  std::vector<std::string> arguments = options.launcher;
  arguments.insert(arguments.end(),
                   {options.program.value_or(TODOS_SERVER), "--port=" + std::to_string(port_),
                    "--workers=" + std::to_string(options.workers)});
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = server_environment(directory_, options.environment);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);
  const std::string directory = directory_.string();
  const std::string log_file = (directory_ / "server.log").string();

  primary_ = os::ChildProcess::fork({}, [&] {
               // A group of its own, so that no worker can be left behind, and no core dumps of
               // workers that are made to crash.
               ::setpgid(0, 0);
               sigset_t none;
               ::sigemptyset(&none);
               ::sigprocmask(SIG_SETMASK, &none, nullptr);
               // Whatever the tests themselves were started with.
               for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
               for (const int signal : options.ignored_signals) ::signal(signal, SIG_IGN);
               const rlim_t core_bytes = options.dumps_core ? RLIM_INFINITY : 0;
               const rlimit core{core_bytes, core_bytes};
               ::setrlimit(RLIMIT_CORE, &core);
               const int log =
                   ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
               const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
               if (::dup2(nothing, 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0 ||
                   ::chdir(directory.c_str()) != 0) {
                 return 126;
               }
               ::execve(argv[0], argv.data(), envp.data());
               return 127;
             }).value();
  ::setpgid(pid(), pid());  // Here too, so that the group exists before anybody signals it.
}

void ServerProcess::wait_until_ready(int workers) {
  const bool ready = wait_until(
      [&] {
        if (has_exited()) {
          throw std::runtime_error("todos-server ended with " + std::to_string(*exit_code_) +
                                   ":\n" + log());
        }
        try {
          for (int number = 1; number <= workers; ++number) {
            const std::string state = worker_state(number);
            if (state != "idle" && state != "busy") return false;
          }
          return request("GET", "/readyz").status != 503;  // 404: another program than ours
        } catch (const std::system_error&) {
          return false;  // It does not listen yet.
        }
      },
      kStartTimeout);
  if (!ready) throw std::runtime_error("todos-server is not ready:\n" + log());
}

std::filesystem::path ServerProcess::program() const {
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid()) + "/exe");
}

std::filesystem::path ServerProcess::control_socket() const {
  return directory_ / "forkscope" / (std::to_string(port_) + ".sock");
}

std::string ServerProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(directory_ / "server.log").rdbuf();
  return text.str();
}

HttpResponse ServerProcess::request(std::string_view method, std::string_view target,
                                    std::string_view body) const {
  return http_request(port_, method, target, body);
}

HttpConnection ServerProcess::start_request(std::string_view target) const {
  HttpConnection connection(port_);
  connection.send_request("GET", target);
  return connection;
}

nlohmann::json ServerProcess::control(const nlohmann::json& command) const {
  const auto deadline = StreamSocket::Clock::now() + kControlTimeout;
  StreamSocket socket = StreamSocket::connect_unix(control_socket());
  const std::string answer = socket.exchange_line(command.dump() + "\n", deadline);
  if (!answer.ends_with('\n')) {
    throw std::system_error(std::make_error_code(std::errc::connection_reset),
                            "closed within an answer, after: " + answer);
  }
  return nlohmann::json::parse(answer);
}

nlohmann::json ServerProcess::worker(int number) const {
  const nlohmann::json status = control({{"cmd", "status"}});
  for (const nlohmann::json& worker : status.at("workers")) {
    if (worker.at("number") == number) return worker;
  }
  return {{"state", "absent"}};
}

pid_t ServerProcess::worker_pid(int number) const { return worker(number).at("pid"); }

std::string ServerProcess::worker_state(int number) const { return worker(number).at("state"); }

void ServerProcess::signal(int signal) const {
  if (!primary_.signal(signal)) throw std::runtime_error("todos-server has ended already");
}

bool ServerProcess::has_exited() {
  if (const std::optional<os::ExitStatus> status = primary_.reap()) {
    exit_code_ = status->signaled ? 128 + status->code : status->code;
  }
  return exit_code_.has_value();
}

int ServerProcess::wait_for_exit(std::chrono::milliseconds timeout) {
  if (!wait_until([&] { return has_exited(); }, timeout)) {
    throw std::runtime_error("todos-server still runs:\n" + log());
  }
  return *exit_code_;
}

void ServerProcess::kill_all() {
  ::kill(-pid(), SIGKILL);
  wait_until([&] { return has_exited(); });
}

}  // namespace forkscope::support
