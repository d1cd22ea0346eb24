#include "store/port.hpp"

#include <utility>

namespace tau::store {
namespace {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

} // namespace

void pool_runner::run(std::function<void()> work, std::function<void()> done) {
    m_pool.run(
        [work = std::move(work)] {
            work();
            return 0;
        },
        [done = std::move(done)](int) { done(); });
}

struct port::shared {
    shared(database d, job_runner& r) : db(std::move(d)), runner(r) {}

    database db; // touched by the runner's thread only while `busy`
    job_runner& runner;
    std::deque<job> queue;
    std::size_t under_way = 0;
    bool busy = false;
    bool closed = false; // the port is gone: nobody is to be called
};

port::port(database db, job_runner& runner)
    : m_shared(std::make_shared<shared>(std::move(db), runner)) {}

port::~port() {
    m_shared->closed = true;
}

void port::commit(batch changes, durability how, std::function<void(error_code)> done) {
    m_shared->queue.emplace_back(
        commit_job{std::move(changes), how, error_code{}, std::move(done)});
    pump(m_shared);
}

void port::push(read_job question) {
    m_shared->queue.emplace_back(std::move(question));
    pump(m_shared);
}

std::size_t port::waiting() const {
    return m_shared->queue.size() + m_shared->under_way;
}

void port::pump(std::shared_ptr<shared> const& state) {
    if (state->busy || state->queue.empty())
        return;
    state->busy = true;
    auto group = std::make_shared<std::vector<job>>(std::make_move_iterator(state->queue.begin()),
                                                    std::make_move_iterator(state->queue.end()));
    state->queue.clear();
    state->under_way = group->size();
    state->runner.run([state, group] { perform(state->db, *group); },
                      [state, group] {
                          state->busy = false;
                          // The next group starts before handlers run: the disk need not wait.
                          state->under_way = 0;
                          pump(state);
                          for (auto& job : *group) {
                              if (state->closed)
                                  return;
                              std::visit(overloaded{[](commit_job& c) {
                                                        if (c.done)
                                                            c.done(c.outcome);
                                                    },
                                                    [](read_job& r) { r.done(); }},
                                         job);
                          }
                      });
}

void port::perform(database& db, std::vector<job>& group) {
    std::vector<commit_job*> run;
    for (auto& one : group) {
        if (auto* const commit = std::get_if<commit_job>(&one)) {
            run.push_back(commit);
            continue;
        }
        commit_run(db, run);
        run.clear();
        std::get<read_job>(one).work(db);
    }
    commit_run(db, run);
}

void port::commit_run(database& db, std::vector<commit_job*> const& run) {
    if (run.empty())
        return;
    auto how = durability::lazy;
    std::vector<batch const*> batches;
    for (auto const* one : run) {
        batches.push_back(&one->changes);
        if (one->how == durability::full)
            how = durability::full;
    }
    if (!db.apply_all(batches, how))
        return;
    for (auto* one : run)
        one->outcome = db.apply(one->changes, one->how);
}

} // namespace tau::store
