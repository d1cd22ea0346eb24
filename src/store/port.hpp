#pragma once

#include "core/worker_pool.hpp"
#include "store/database.hpp"

#include <deque>
#include <functional>
#include <memory>

namespace tau::store {

/// Where the database's work is done, off the tau thread.
class job_runner {
public:
    virtual ~job_runner() = default;
    /// Runs `work` somewhere, then `done` on the tau thread, not before run() returned.
    /// Called with one job at a time.
    virtual void run(std::function<void()> work, std::function<void()> done) = 0;
};

/// Runs jobs on the worker pool, which must outlive it.
class pool_runner final : public job_runner {
public:
    explicit pool_runner(worker_pool& pool) : m_pool(pool) {}
    void run(std::function<void()> work, std::function<void()> done) override;

private:
    worker_pool& m_pool;
};

/// The way to the database for logic on the tau thread: asynchronous, in order.
///
/// Jobs are done in the order they were given, one group at a time; commits that
/// wait together share one transaction and one fsync. If a shared transaction fails,
/// each of its batches is tried alone, so that a large one cannot fail a small one.
///
/// Threading: tau thread only; handlers run on it, never before the call returned.
/// After destruction no handler is called; jobs that were given are still done if
/// the runner lives.
class port {
public:
    port(database db, job_runner& runner);
    ~port();
    port(port const&) = delete;
    port& operator=(port const&) = delete;

    /// errc::disk_full and others: nothing of this batch was changed.
    void commit(batch changes, durability how, std::function<void(error_code)> done);

    /// Calls question(database&) on the worker and answer(its result) here. A read sees
    /// all commits given before it.
    template <class Question, class Answer>
    void read(Question question, Answer answer) {
        using value = std::invoke_result_t<Question, database&>;
        auto slot = std::make_shared<std::optional<value>>();
        push({.work = [slot, question = std::move(question)](
                          database& db) mutable { slot->emplace(question(db)); },
              .done = [slot, answer = std::move(answer)]() mutable { answer(std::move(**slot)); }});
    }

    /// Jobs given and not answered yet.
    [[nodiscard]] std::size_t waiting() const;

private:
    struct commit_job {
        batch changes;
        durability how;
        error_code outcome{};
        std::function<void(error_code)> done;
    };
    struct read_job {
        std::function<void(database&)> work;
        std::function<void()> done;
    };
    using job = std::variant<commit_job, read_job>;
    struct shared; // outlives the port while a group is under way

    void push(read_job question);
    static void pump(std::shared_ptr<shared> const& state);
    static void perform(database& db, std::vector<job>& group);
    static void commit_run(database& db, std::vector<commit_job*> const& run);

    std::shared_ptr<shared> m_shared;
};

} // namespace tau::store
