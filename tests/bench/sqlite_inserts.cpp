// What SQLite does alone, one commit per insert, in one process: the rate that a server without
// group commit could reach at best. Same journal and same table as the server's, and each commit on
// the disk when it returns, as each answer of the server is.
//
//   sqlite-inserts DATABASE SECONDS        prints inserts per second
#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "store/schema.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: sqlite-inserts DATABASE SECONDS\n", stderr);
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  try {
    SQLite::Database database =
        forkscope::store::open_database(forkscope::store::checked_database_path(argv[1]));
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA wal_autocheckpoint = 1000");  // nobody else is here to do it
    SQLite::Statement insert(database, "INSERT INTO todos (title) VALUES ('walk the dog')");
    const auto begin = Clock::now();
    const std::chrono::duration<double> length(std::atof(argv[2]));
    long inserts = 0;
    while (Clock::now() - begin < length) {
      insert.exec();
      insert.reset();
      ++inserts;
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    std::printf("%.0f\n", static_cast<double>(inserts) / took.count());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlite-inserts: %s\n", error.what());
    return 1;
  }
}
