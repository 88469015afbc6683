"""Routes of sign-in and of a person's own settings."""

from django.urls import path

from frontend.session import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/second-step/", views.second_step, name="sign-in-second-step"),
    path("sign-in/enrol/", views.enrol, name="sign-in-enrol"),
    path("sign-in/as/", views.sign_in_as, name="sign-in-as"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("me/settings/", views.my_settings, name="my-settings"),
    path("me/lender/", views.choose_lender, name="choose-lender"),
    path("me/stay/", views.stay_signed_in, name="stay-signed-in"),
]
