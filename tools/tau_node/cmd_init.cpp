#include "core/clock.hpp"
#include "identity/key_file.hpp"
#include "identity/private_file.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/contact_file.hpp"
#include "tau_node/passphrase.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace tau::node {
namespace {

// An exported private key and a line break; more is no key.
constexpr std::size_t max_wallet_line = 128;

void import_wallet(identity::identity_secret& secret) {
    auto const line = read_secret_line(STDIN_FILENO, max_wallet_line);
    auto key = identity::parse_wallet_secret(as_text(line.view()));
    if (!key)
        throw usage_error("standard input holds no wallet key (64 hexadecimal digits): "
                          + key.error().message());
    secret.imported_wallet = std::move(key.value());
}

identity::secret_bytes new_passphrase(command_context const& context,
                                      init_arguments const& arguments) {
    bool const can_ask = !context.is_json() && ::isatty(STDIN_FILENO) == 1;
    if (arguments.no_passphrase || (context.values.passphrase_file.empty() && !can_ask))
        return {};
    return read_passphrase(context.values.passphrase_file, passphrase_use::choose);
}

} // namespace

exit_code cmd_init(command_context const& context, init_arguments const& arguments) {
    auto const& data = context.data;
    identity::key_file const file(data.key_file());
    if (std::filesystem::exists(file.path()))
        throw failure(exit_code::failed, "already_exists",
                      "there is an identity in " + data.path().string()
                          + " already; use another --data folder for another identity");
    if (auto const ec = identity::make_private_folder(data.path()))
        throw failed("cannot use the folder " + data.path().string(), ec);

    system_random random;
    auto secret = identity::identity_secret::make(random, system_clock_source().now().wall);
    if (!arguments.import_wallet.empty())
        import_wallet(secret);
    auto const keys = identity::keyring::from(secret);
    if (!keys)
        throw failed("cannot derive the keys", keys.error());
    auto const passphrase = new_passphrase(context, arguments);
    if (auto const ec = file.create(secret, passphrase.view(), random))
        throw failed("cannot write " + file.path().string(), ec);
    write_contact(data, make_contact(keys.value(), context.values.name, 0));
    return cmd_id(context, {});
}

} // namespace tau::node
