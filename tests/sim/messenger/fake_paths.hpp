#pragma once

#include "messenger/carrier.hpp"

#include <map>
#include <memory>
#include <set>

namespace tau::test {

class world;
class person;

/// messenger::carrier of one person in virtual time: what it takes arrives a moment later,
/// or is lost, and the receiver's signature comes back.
class fake_paths final : public messenger::carrier {
public:
    static constexpr std::chrono::milliseconds delay{30};

    fake_paths(world& w, person& owner);
    ~fake_paths() override;
    /// Both ends must have one.
    void meet(fake_paths& other) { m_others.insert(&other); }

    [[nodiscard]] messenger::reach
    reach_of(public_key const& who, std::optional<wallet_address> const& wallet) const override;
    [[nodiscard]] error_code carry(public_key const& to, wallet_address const& wallet,
                                   messenger::message_id const& id, bytes sealed) override;
    void release(messenger::message_id const& id) override { released.insert(id); }
    void on_links(wallet_address const& of, std::vector<wallet_address> links,
                  std::chrono::milliseconds) override {
        told_links[of] = std::move(links);
    }
    void on_kept(messenger::message_id const& id) override;
    void on_refused(messenger::message_id const&) override { ++refused; }

    std::uint64_t loss_percent = 0;
    std::uint64_t bytes_per_s = 0; ///< packets wait for each other; 0: they do not
    bool is_cut = false;           ///< reach_of() knows no way
    std::size_t refused = 0;
    std::map<wallet_address, std::vector<wallet_address>> told_links;
    std::set<messenger::message_id> released;
    std::size_t on_the_way = 0; ///< packets of ours without a signature
    std::size_t most_on_the_way = 0;

private:
    [[nodiscard]] std::chrono::milliseconds time_for(std::size_t octets);

    world& m_world;
    person& m_owner;
    time_point m_free_at{}; // what is on the way has passed the narrow place
    std::set<fake_paths*> m_others;
    std::map<messenger::message_id, fake_paths*> m_came;
};

} // namespace tau::test
