from django.urls import path

from embudo.foundation.access.views import arranging, door, own, people, rights

app_name = "access"
urlpatterns = [
    # the door
    path("login/", door.SignIn.as_view(), name="sign_in"),
    path("login/second-factor/", door.SecondFactor.as_view(), name="second_factor"),
    path("login/passkey/", door.PasskeySignIn.as_view(), name="passkey_sign_in"),
    path("login/passkey/question/", door.PasskeyQuestion.as_view(), name="passkey_question"),
    path("logout/", door.SignOut.as_view(), name="sign_out"),
    path("password/forgotten/", door.ForgottenPassword.as_view(), name="forgotten"),
    path("password/forgotten/sent/", door.ResetSent.as_view(), name="reset_sent"),
    path("password/new/<str:key>/<str:token>/", door.ResetPassword.as_view(), name="reset_password"),
    path("invitation/<str:key>/<str:token>/", door.AcceptInvitation.as_view(), name="accept_invitation"),
    path("setup/", door.SetUp.as_view(), name="setup"),
    # one's own
    path("profile/", own.Profile.as_view(), name="profile"),
    path("profile/password/", own.ChangePassword.as_view(), name="password"),
    path("profile/second-factor/", own.Factors.as_view(), name="factors"),
    path("profile/second-factor/app/", own.AddTotp.as_view(), name="totp_add"),
    path("profile/second-factor/passkey/", own.AddPasskey.as_view(), name="passkey_add"),
    path("profile/second-factor/<int:factor>/remove/", own.RemoveFactor.as_view(), name="factor_remove"),
    path("profile/second-factor/codes/", own.RecoveryCodes.as_view(), name="recovery_codes"),
    path("profile/second-factor/codes/new/", own.RenewCodes.as_view(), name="codes_renew"),
    path("profile/sessions/", own.Sessions.as_view(), name="sessions"),
    path("profile/sessions/end/", own.EndOtherSessions.as_view(), name="sessions_end"),
    path("profile/sessions/<uuid:sign_in_id>/end/", own.EndSession.as_view(), name="session_end"),
    path("profile/tokens/", own.Tokens.as_view(), name="tokens"),
    path("profile/tokens/new/", own.NewToken.as_view(), name="token_new"),
    path("profile/tokens/<uuid:token_id>/revoke/", own.RevokeToken.as_view(), name="token_revoke"),
    # people and their rights
    path("settings/users/", people.Users.as_view(), name="users"),
    path("settings/users/new/", people.InviteUser.as_view(), name="user_new"),
    path("settings/users/tree/", arranging.Tree.as_view(), name="tree"),
    path("settings/users/tree/users.xlsx", arranging.tree_file, name="tree_file"),
    path("settings/users/tree/import/", arranging.ArrangeUsers.as_view(), name="tree_import"),
    path("settings/users/<uuid:user_id>/move/", arranging.ReportTo.as_view(), name="user_move"),
    path("settings/users/<uuid:user_id>/", people.UserPage.as_view(), name="user"),
    path("settings/users/<uuid:user_id>/edit/", people.ChangeUser.as_view(), name="user_edit"),
    path(
        "settings/users/<uuid:user_id>/deactivate/", people.DeactivateUser.as_view(), name="user_deactivate"
    ),
    path("settings/users/<uuid:user_id>/activate/", people.ActivateUser.as_view(), name="user_activate"),
    path("settings/users/<uuid:user_id>/invite/", people.InviteAgain.as_view(), name="user_invite"),
    path("settings/users/<uuid:user_id>/sign-out/", people.SignOutUser.as_view(), name="user_sign_out"),
    path("settings/users/<uuid:user_id>/factors/", people.ResetFactors.as_view(), name="user_factors"),
    path("settings/teams/", rights.Teams.as_view(), name="teams"),
    path("settings/teams/new/", rights.NewTeam.as_view(), name="team_new"),
    path("settings/teams/<uuid:team_id>/", rights.RenameTeam.as_view(), name="team_edit"),
    path("settings/teams/<uuid:team_id>/remove/", rights.DeleteTeam.as_view(), name="team_delete"),
    path("settings/roles/", rights.Roles.as_view(), name="roles"),
    path("settings/roles/new/", rights.NewRole.as_view(), name="role_new"),
    path("settings/roles/<uuid:role_id>/", rights.RoleGrants.as_view(), name="role"),
    path("settings/roles/<uuid:role_id>/name/", rights.RenameRole.as_view(), name="role_edit"),
    path("settings/roles/<uuid:role_id>/remove/", rights.DeleteRole.as_view(), name="role_delete"),
    path("settings/organisation/", rights.OrganisationPage.as_view(), name="organisation"),
    path("access/who/<str:kind>/<uuid:record_id>/", people.WhoSees.as_view(), name="who"),
]
